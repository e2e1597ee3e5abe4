#include <hubsdk/cpp/flow.hpp>
#include <hubsdk/cpp/plugin.hpp>
#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <cassert>

namespace hubsdk {
namespace {

// A plain pointer: a thread_local with a destructor would keep the library mapped after its close.
thread_local FlowRun* current_run = nullptr;

std::string describe(const Call& call) {
    return call.label + " " + call.method + " " + call.host + call.path;
}

std::string describe(const Entry& entry) {
    return entry.label + " " + entry.method + " " + entry.host + entry.path;
}

// What the body of a call is made of, as a fingerprint without any secret.
std::string fingerprint(const Call& call) {
    if (call.body.empty() && call.parts.empty()) return {};
    std::string text;
    JsonWriter writer(text);
    writer.beginArray();
    writeShape(writer, call.body);
    writeShape(writer, call.parts);
    writer.endArray();
    return fnv1a(text);
}

Action failedWith(VendorError error) {
    Action action;
    action.action = ActionKind::kFailed;
    action.error = std::move(error);
    return action;
}

Action againAt(const std::string& label, VendorError error) {
    Action action;
    action.action = ActionKind::kAgain;
    action.again.emplace();
    action.again->label = label;
    action.again->after_ms = error.retry_after_ms;
    action.again->error_class = error.error_class;
    action.again->error = std::move(error);
    return action;
}

}  // namespace

FlowRun::FlowRun(const AdvanceInput& input, Defaults defaults, Classify classify)
    : input_(input),
      defaults_(std::move(defaults)),
      classify_(classify),
      used_(input.journal.size(), false),
      now_ms_(input.inputs.started_at_ms),
      outer_(std::exchange(current_run, this)) {}

FlowRun::~FlowRun() { current_run = outer_; }

FlowRun& FlowRun::current() {
    assert(current_run != nullptr);
    return *current_run;
}

void FlowRun::decide(Action action) {
    if (!action_) action_ = std::move(action);
}

void FlowRun::observe(Observation observation) { observations_.push_back(std::move(observation)); }
void FlowRun::deliver(Deliver deliver) { deliveries_.push_back(std::move(deliver)); }

bool FlowRun::checkLeftOver(std::string_view is) {
    const auto left = std::ranges::find(used_, false);
    if (left == used_.end()) return true;
    const Entry& entry = input_.journal[static_cast<std::size_t>(left - used_.begin())];
    VendorError error;
    error.error_class = ErrorClass::kDiverged;
    error.message = "the flow no longer asks what was answered";
    error.label = entry.label;
    error.was = describe(entry);
    error.is = std::string(is);
    action_ = failedWith(std::move(error));
    return false;
}

Action FlowRun::take() {
    if (!action_) {
        VendorError error;
        error.message = "the flow neither ended nor asked for anything";
        action_ = failedWith(std::move(error));
    }
    const bool ends =
        action_->action == ActionKind::kDone || action_->action == ActionKind::kContinue;
    if (ends) checkLeftOver(nameOf(action_->action));
    // A step that is repeated is decided again later, so it commits nothing beside itself.
    if (action_->action != ActionKind::kAgain) {
        auto& observations = action_->observations;
        observations.insert(observations.begin(), observations_.begin(), observations_.end());
        auto& deliveries = action_->deliver;
        deliveries.insert(deliveries.begin(), deliveries_.begin(), deliveries_.end());
    }
    action_->changed_bodies = changed_bodies_;
    return std::move(*action_);
}

const Entry* FlowRun::next(std::string_view label) {
    for (std::size_t i = 0; i < used_.size(); ++i) {
        const Entry& entry = input_.journal[i];
        if (used_[i] || entry.label != label) continue;
        used_[i] = true;
        now_ms_ = std::max(now_ms_, entry.at_ms);
        return &entry;
    }
    return nullptr;
}

void FlowRun::complete(Call& call, bool takes_defaults) const {
    if (call.host.empty()) {
        call.host = defaults_.host;
        call.path = defaults_.base_path + call.path;
    }
    if (takes_defaults) {
        call.headers.insert(call.headers.begin(), defaults_.headers.begin(),
                            defaults_.headers.end());
    }
    call.body_hash = fingerprint(call);
}

bool FlowRun::matches(const Entry& entry, const Call& call) {
    if (entry.method == call.method && entry.host == call.host && entry.path == call.path) {
        if (entry.body_hash != call.body_hash) changed_bodies_.push_back(call.label);
        return true;
    }
    VendorError error;
    error.error_class = ErrorClass::kDiverged;
    error.message = "a step asks something else than what was answered";
    error.label = entry.label;
    error.was = describe(entry);
    error.is = describe(call);
    decide(failedWith(std::move(error)));
    return false;
}

bool FlowRun::accepts(const Entry& entry, const Request& request) {
    if (entry.lost && request.call().repeat == Repeat::kLookUp) return true;
    if (entry.reply && request.allows(entry.reply->status)) return true;
    VendorError error;
    if (entry.reply) {
        error = classify_(Reply(&entry, entry.label));
    } else {
        error.error_class = ErrorClass::kUncertain;
        error.message = "the answer was lost and the step cannot be looked up";
    }
    error.label = entry.label;
    decide(error.retryable ? againAt(entry.label, std::move(error)) : failedWith(std::move(error)));
    return false;
}

bool FlowRun::answersTo(std::vector<Request>& requests, Replies& replies) {
    if (decided()) return false;
    Action action;
    action.action = ActionKind::kCall;
    std::vector<const Entry*> entries;
    for (Request& request : requests) {
        complete(request.call_, request.takesDefaults());
        entries.push_back(next(request.call_.label));
    }
    // Also if more of them are asked for, or this one fails: an entry says that its action went
    // out.
    if (std::ranges::any_of(entries, [](const Entry* entry) { return entry != nullptr; }))
        dropCommitted();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (entries[i] == nullptr) {
            action.calls.push_back(requests[i].call_);
        } else if (!matches(*entries[i], requests[i].call_) || !accepts(*entries[i], requests[i])) {
            return false;
        } else {
            replies.emplace_back(entries[i], entries[i]->label);
        }
    }
    if (action.calls.empty()) return true;
    if (checkLeftOver(describe(action.calls.front()))) decide(std::move(action));
    return false;
}

// What was said before an answered step went out with the action that asked for it.
void FlowRun::dropCommitted() {
    observations_.clear();
    deliveries_.clear();
}

const Entry* FlowRun::answerTo(const Ask& ask) {
    if (decided()) return nullptr;
    if (const Entry* entry = next(ask.label)) {
        dropCommitted();
        return entry;
    }
    if (!checkLeftOver(ask.label + " ask " + ask.what)) return nullptr;
    Action action;
    action.action = ActionKind::kAsk;
    action.ask = ask;
    decide(std::move(action));
    return nullptr;
}

const Entry* FlowRun::answerTo(const Wait& wait) {
    if (decided()) return nullptr;
    if (const Entry* entry = next(wait.label)) {
        dropCommitted();
        return entry;
    }
    if (!checkLeftOver(wait.label + " wait")) return nullptr;
    Action action;
    action.action = ActionKind::kWait;
    action.wait = wait;
    decide(std::move(action));
    return nullptr;
}

namespace internal {

ReplyAwaiter::ReplyAwaiter(Request given) : request(std::move(given)) {
    std::vector<Request> one;
    one.push_back(std::move(request));
    Replies replies;
    ready = FlowRun::current().answersTo(one, replies);
    if (ready) reply = std::move(replies.front());
}

RepliesAwaiter::RepliesAwaiter(Requests given) {
    ready = FlowRun::current().answersTo(given.list(), replies);
}

AnswerAwaiter::AnswerAwaiter(const Question& question) {
    const Entry* entry = FlowRun::current().answerTo(question.ask());
    ready = entry != nullptr;
    if (ready) json = entry->answer.json;
}

PauseAwaiter::PauseAwaiter(const Pause& pause) {
    const Entry* entry = FlowRun::current().answerTo(pause.wait());
    ready = entry != nullptr;
    if (!ready || entry->timer || entry->answer.json.empty()) return;
    if (auto answer = JsonDocument::parse(entry->answer.json))
        event = answer->root()["event"].text();
}

}  // namespace internal

void Flow::promise_type::unhandled_exception() {
    FlowRun& run = FlowRun::current();
    try {
        throw;
    } catch (const FlowEnd& end) {
        run.decide(failedWith(end.error()));
    } catch (const std::exception& problem) {
        VendorError error;
        error.message = std::string("the flow threw: ") + problem.what();
        run.decide(failedWith(std::move(error)));
    } catch (...) {
        VendorError error;
        error.message = "the flow threw something that is no std::exception";
        run.decide(failedWith(std::move(error)));
    }
}

Outcome done() { return Outcome(Action{}); }

Outcome failed(VendorError error) { return Outcome(failedWith(std::move(error))); }

Outcome again(const Reply& reply, VendorError error) {
    error.label = reply.label();
    return Outcome(againAt(reply.label(), std::move(error)));
}

VendorError vendorError(ErrorClass error_class, std::string message) {
    VendorError error;
    error.error_class = error_class;
    error.message = std::move(message);
    return error;
}

Outcome failed(ErrorClass error_class, std::string message) {
    return failed(vendorError(error_class, std::move(message)));
}

Outcome nextLeg(const Command& inputs, std::string cursor) {
    Action action;
    action.action = ActionKind::kContinue;
    action.next = inputs;
    action.next->cursor = std::move(cursor);
    action.next->leg = inputs.leg + 1;
    action.next->delivery.reset();  // its bytes belong to the first leg
    return Outcome(std::move(action));
}

Outcome pages(const Command& inputs, std::optional<std::string> next_cursor) {
    return next_cursor ? nextLeg(inputs, std::move(*next_cursor)) : done();
}

Outcome&& Outcome::observing(Observation observation) && {
    action_.observations.push_back(std::move(observation));
    return std::move(*this);
}

Outcome&& Outcome::observing(std::vector<Observation> observations) && {
    for (Observation& observation : observations)
        action_.observations.push_back(std::move(observation));
    return std::move(*this);
}

Outcome&& Outcome::delivering(std::vector<Deliver> deliveries) && {
    for (Deliver& deliver : deliveries) action_.deliver.push_back(std::move(deliver));
    return std::move(*this);
}

Outcome&& Outcome::result(std::string json) && {
    action_.result.json = std::move(json);
    return std::move(*this);
}

Outcome&& Outcome::answering(Answer answer) && {
    action_.answer = std::move(answer);
    return std::move(*this);
}

Outcome&& Outcome::cursor(std::string cursor) && {
    action_.cursor = std::move(cursor);
    return std::move(*this);
}

std::int64_t now() { return FlowRun::current().now(); }

std::string id(std::string_view name) {
    const std::string& flow_id = FlowRun::current().inputs().flow_id;
    return fnv1a(flow_id + "\n" + std::string(name)) + fnv1a(std::string(name) + "\n" + flow_id);
}

void observe(Observation observation) { FlowRun::current().observe(std::move(observation)); }
void deliver(Deliver deliver) { FlowRun::current().deliver(std::move(deliver)); }

Action internal::runFlow(std::span<const FlowRow> table, const AdvanceInput& input,
                         Defaults (*defaults)(const hubsdk::Account&), Classify classify) {
    const auto row = std::ranges::find(table, input.inputs.command, &FlowRow::command);
    if (row == table.end()) {
        VendorError error;
        error.error_class = ErrorClass::kUnsupported;
        error.message = "the plugin does not know the command " + input.inputs.command;
        return failedWith(std::move(error));
    }
    auto settings = JsonDocument::parse(
        input.inputs.account.settings.json.empty() ? "{}" : input.inputs.account.settings.json);
    if (!settings) {
        VendorError error;
        error.error_class = ErrorClass::kValidation;
        error.message = "account.settings: " + settings.error().text();
        return failedWith(std::move(error));
    }
    const hubsdk::Account account(input.inputs.account.id, settings->root());
    try {
        FlowRun run(input, defaults(account), classify);
        const Flow flow = row->start(input.inputs, account);
        return run.take();
    } catch (const FlowEnd& end) {  // thrown before the coroutine began
        return failedWith(end.error());
    }
}

}  // namespace hubsdk
