#include "hub/flows/flow_turn.hpp"

#include <algorithm>

#include "hub/flows/commands.hpp"
#include "hub/storage/stored_request.hpp"

#include <hubsdk/cpp/text.hpp>

namespace hub::flows {
namespace {

using storage::FlowStep;
using storage::StepState;

constexpr std::int64_t kBackoffFirstMs = 500;
constexpr std::int64_t kBackoffMaxMs = 60'000;

bool isVisible(const FlowStep& step) {
    if (step.state == StepState::kLost) return repeatOf(step) == hubsdk::Repeat::kLookUp;
    return step.reply && step.reply->status > kStatusNotSent;
}

// Whether the reply is the vendor's word on what was asked: no trouble of its own, of the
// credential or of the pace, and no refusal of ours. (hub/storage/flow_journal.cpp counts earlier
// ones by the same rule.)
bool isVerdict(const FlowStep& step) {
    if (!step.reply || step.reply->headers.find("X-Hub-Refused") != std::string::npos) return false;
    constexpr std::int64_t kNoVerdicts[] = {401, 403, 408, 425, 429};
    const std::int64_t status = step.reply->status;
    return status >= 200 && status < 500 && status / 100 != 3 &&
           std::ranges::find(kNoVerdicts, status) == std::end(kNoVerdicts);
}

bool isSearch(const FlowStep& step, const FlowStep& lost) {
    return step.seq > lost.seq && step.intent.kind == "call" &&
           repeatOf(step) == hubsdk::Repeat::kSafe && isVisible(step);
}

// Whether nothing tells what became of a request that must not be done twice.
bool isOpen(const FlowTurn& turn, const FlowStep& step) {
    if (repeatOf(step) == hubsdk::Repeat::kSafe || isVerdict(step)) return false;
    if (step.state != StepState::kLost) return step.lost_before > 0;
    if (repeatOf(step) != hubsdk::Repeat::kLookUp) return true;
    // What was searched for, and what was then sent again, is known.
    return std::ranges::none_of(turn.steps, [&](const FlowStep& later) {
        return isSearch(later, step) && isVerdict(later);
    });
}

hubsdk::Entry entryOf(const FlowStep& step) {
    hubsdk::Entry entry;
    entry.label = step.intent.label;
    entry.method = step.intent.method;
    entry.host = step.intent.host;
    entry.path = step.intent.path;
    entry.body_hash = step.intent.body_hash;
    entry.at_ms = step.entry_at_ms.value_or(step.intent_at_ms);
    entry.attempts = step.attempt;
    if (step.intent.kind == "ask") {
        entry.answer.json = step.reply->body;
    } else if (step.intent.kind == "wait") {
        entry.timer = step.reply->body.empty();
        if (!entry.timer) entry.answer.json = step.reply->body;
    } else if (step.state == StepState::kLost) {
        entry.lost = true;
    } else {
        hubsdk::ReplyEntry& reply = entry.reply.emplace();
        reply.status = step.reply->status;
        if (auto head = hubsdk::readShape<StoredHead>(step.reply->headers)) {
            reply.headers = std::move(head->headers);
            reply.blob = std::move(head->blob);
        }
        if (!reply.blob) reply.body = hubsdk::Body{step.reply->body};
    }
    return entry;
}

}  // namespace

hubsdk::Repeat repeatOf(const FlowStep& step) {
    return hubsdk::enumOf<hubsdk::Repeat>(step.intent.repeat_rule).value_or(hubsdk::Repeat::kNever);
}

bool asksForToken(const FlowTurn& turn) { return isAboutCredential(turn.flow.command); }

bool awaitsRepeat(const FlowTurn& turn, const FlowStep& step) {
    if (step.state == StepState::kReplied)
        return step.reply && step.reply->status == kStatusNotSent;
    if (step.state != StepState::kLost) return false;
    const hubsdk::Repeat repeat = repeatOf(step);
    return repeat == hubsdk::Repeat::kSafe || repeat == hubsdk::Repeat::kKeyed ||
           asksForToken(turn);
}

bool keyIsForgotten(const FlowTurn& turn, const FlowStep& step, std::int64_t at_ms) {
    const auto& lifetime = turn.manifest().key_lifetime_ms;
    if (!lifetime || repeatOf(step) != hubsdk::Repeat::kKeyed || asksForToken(turn)) return false;
    // The present attempt by the rule by which hub/storage/flow_journal.cpp finds earlier ones.
    const bool doubtful = step.state == StepState::kLost ||
                          step.doubtful_since_ms < step.intent_at_ms ||
                          (step.reply && (step.reply->status == 408 || step.reply->status == 504));
    return doubtful && at_ms >= step.doubtful_since_ms + *lifetime;
}

bool isUncertain(const FlowTurn& turn, const FlowStep& step) {
    return step.state == StepState::kLost && repeatOf(step) == hubsdk::Repeat::kNever &&
           !asksForToken(turn);
}

bool mayBeDone(const FlowTurn& turn) {
    if (asksForToken(turn)) return false;
    return std::ranges::any_of(turn.steps,
                               [&](const FlowStep& step) { return isOpen(turn, step); });
}

std::int64_t repeatAt(const FlowStep& step) {
    const int doublings = static_cast<int>(std::clamp<std::int64_t>(step.attempt - 1, 0, 7));
    const std::int64_t ceiling = std::min(kBackoffFirstMs << doublings, kBackoffMaxMs);
    // Half of the wait is spread, by a value that is the same whenever it is asked for.
    const std::string spread = hubsdk::fnv1a(step.id + std::to_string(step.attempt));
    const std::int64_t part = std::stoll(spread.substr(0, 4), nullptr, 16);
    return step.entry_at_ms.value_or(step.intent_at_ms) + ceiling / 2 + ceiling / 2 * part / 0xFFFF;
}

std::int64_t lookUpAt(const FlowStep& step) {
    return step.entry_at_ms.value_or(step.intent_at_ms) +
           step.intent.look_up_after_ms.value_or(kLookUpAfterMs);
}

std::size_t replyBytes(const FlowTurn& turn) {
    std::size_t bytes = 0;
    for (const FlowStep& step : turn.steps) bytes += step.reply ? step.reply->body.size() : 0;
    return bytes;
}

std::int64_t occurrenceOf(const FlowTurn& turn, std::string_view label) {
    return std::ranges::count_if(turn.steps,
                                 [&](const FlowStep& step) { return step.intent.label == label; });
}

const FlowStep* lastWithLabel(const FlowTurn& turn, std::string_view label) {
    const auto found =
        std::find_if(turn.steps.rbegin(), turn.steps.rend(),
                     [&](const FlowStep& step) { return step.intent.label == label; });
    return found == turn.steps.rend() ? nullptr : &*found;
}

bool sameRequest(const FlowStep& step, const hubsdk::Call& call) {
    return step.intent.label == call.label && step.intent.method == call.method &&
           step.intent.host == call.host && step.intent.path == call.path;
}

SearchState searchStateOf(const FlowTurn& turn, const hubsdk::Call& call) {
    SearchState state;
    const FlowStep* lost = nullptr;
    for (const FlowStep& step : turn.steps) {
        if (step.state == StepState::kLost && sameRequest(step, call)) lost = &step;
    }
    if (lost == nullptr) return state;
    std::int64_t answers = 0;
    for (const FlowStep& step : turn.steps) {
        if (!isSearch(step, *lost)) continue;
        const bool same = state.last != nullptr && state.last->intent.path == step.intent.path;
        answers = (same ? answers : 0) + step.answered_before + (isVerdict(step) ? 1 : 0);
        state.last = &step;
    }
    state.searched = state.last == nullptr ? Searched::kNever
                     : answers < 2         ? Searched::kOnce
                                           : Searched::kEnough;
    if (state.searched == Searched::kOnce) {
        state.due_ms = state.last->entry_at_ms.value_or(state.last->intent_at_ms) +
                       lost->intent.look_up_after_ms.value_or(kLookUpAfterMs);
    }
    return state;
}

hubsdk::Result<hubsdk::AdvanceInput> advanceInput(const FlowTurn& turn) {
    auto inputs = hubsdk::readShape<hubsdk::Command>(turn.flow.inputs);
    if (!inputs) {
        return hubsdk::makeError(hubsdk::ErrorCode::kInternal,
                                 "the inputs of the flow cannot be read: " + inputs.error().text());
    }
    hubsdk::AdvanceInput input;
    input.inputs = std::move(inputs).value();
    input.inputs.flow_id = turn.flow.id;
    if (turn.delivery) {
        auto delivery = storage::deliveryOf(*turn.delivery);
        if (!delivery) return std::move(delivery).error();
        input.inputs.delivery = std::move(delivery).value();
    }
    for (const FlowStep& step : turn.steps) {
        if (isVisible(step)) input.journal.push_back(entryOf(step));
    }
    return input;
}

}  // namespace hub::flows
