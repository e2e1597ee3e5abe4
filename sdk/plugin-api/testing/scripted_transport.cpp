#include "sdk/plugin-api/testing/scripted_transport.hpp"

#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <deque>

namespace hubsdk::testing {
namespace {

Error invalid(std::size_t index, std::string_view member, std::string message) {
    return makeError(ErrorCode::kInvalid, std::move(message),
                     "[" + std::to_string(index) + "]." + std::string(member));
}

Result<std::string> bodyOf(Json reply, std::size_t index) {
    if (const auto encoded = reply["body_base64"].asString()) {
        auto bytes = base64Decoded(*encoded);
        if (!bytes) return invalid(index, "reply.body_base64", "is not base64");
        return std::move(*bytes);
    }
    const Json body = reply["body"];
    if (!body.present()) return std::string();
    if (const auto text = body.asString()) return std::string(*text);
    return toText(body);
}

Result<ScriptedReply> readExchange(Json row, std::size_t index) {
    ScriptedReply exchange;
    const Json request = row["request"];
    const Json reply = row["reply"];
    exchange.method = request["method"].text();
    exchange.path = request["path"].text();
    if (exchange.method.empty()) return invalid(index, "request.method", "is required");
    if (!exchange.path.starts_with('/'))
        return invalid(index, "request.path", "must begin with '/'");
    if (const std::size_t mark = exchange.path.find('?'); mark != std::string::npos) {
        exchange.query = exchange.path.substr(mark + 1);
        exchange.path.resize(mark);
    }
    if (const auto query = request["query"].asString()) exchange.query = std::string(*query);
    exchange.lost = row["lost"].asBool().value_or(false);
    if (exchange.lost) return exchange;
    const auto status = reply["status"].asInt64();
    if (!status || *status < 100 || *status > 599) {
        return invalid(index, "reply.status", "must be an HTTP status");
    }
    exchange.status = static_cast<int>(*status);
    for (const internal::JsonMember& member : reply["headers"].members()) {
        exchange.headers.push_back(
            {std::string(member.name), std::string(Json(&member.value).scalarText().value_or(""))});
    }
    auto body = bodyOf(reply, index);
    if (!body) return std::move(body).error();
    exchange.body = std::move(body).value();
    return exchange;
}

// Takes secrets out of a reply as the host does before it journals it.
// What is no JSON is kept out altogether.
std::string captureFrom(const std::string& body, const Call& call, Played& played) {
    if (call.captures.empty()) return body;
    auto document = JsonDocument::parse(body);
    if (!document) return {};
    std::vector<std::string> pointers;
    for (const Capture& capture : call.captures) {
        const auto value = document->root().pointer(capture.at).scalarText();
        if (!value || value->empty()) continue;
        played.captured.emplace_back(capture.into, *value);
        pointers.push_back(capture.at);
    }
    return toMaskedText(document->root(), pointers);
}

// 2 for the whole path, 1 for its end at a segment border, 0 for none.
int pathFit(std::string_view called, std::string_view scripted) {
    if (called == scripted) return 2;
    return called.ends_with(scripted) ? 1 : 0;
}

}  // namespace

Result<std::vector<ScriptedReply>> readScript(std::string_view json) {
    auto document = JsonDocument::parse(json);
    if (!document) return std::move(document).error();
    const Json root = document->root();
    if (root.kind() != JsonKind::kArray) {
        return makeError(ErrorCode::kInvalid, "the script must be an array of exchanges");
    }
    std::vector<ScriptedReply> script;
    for (std::size_t i = 0; i < root.size(); ++i) {
        auto exchange = readExchange(root.at(i), i);
        if (!exchange) return std::move(exchange).error();
        script.push_back(std::move(exchange).value());
    }
    return script;
}

Result<FlowState> restored(const AdvanceInput& input) {
    std::vector<std::string_view> blobs;
    const std::string text = writeShape(input, &blobs);
    FlowState state;
    state.bodies.assign(blobs.begin(), blobs.end());
    const std::vector<std::string_view> views(state.bodies.begin(), state.bodies.end());
    ReadOptions options;
    options.blobs = views;
    auto read = readShape<AdvanceInput>(text, options);
    if (!read) return std::move(read).error();
    state.input = std::move(read).value();
    return state;
}

// The journal of the running leg and the bytes that its entries point to.
struct ScriptedTransport::Leg {
    AdvanceInput input;
    std::deque<std::string> bodies;  // a deque: views into it stay valid
};

ScriptedTransport::ScriptedTransport(Advance advance, std::vector<ScriptedReply> script,
                                     PlayOptions options)
    : advance_(std::move(advance)),
      script_(std::move(script)),
      used_(script_.size(), 0),
      options_(std::move(options)) {}

Result<Action> ScriptedTransport::advanceOnce(const AdvanceInput& input) const {
    return advance_(input);
}

Result<Action> ScriptedTransport::advanceTwice(const AdvanceInput& input) const {
    auto first = advance_(input);
    auto second = advance_(input);
    auto state = restored(input);
    if (!state) return std::move(state).error();
    auto third = advance_(state->input);
    if (!first || !second || !third) return first;
    const std::string step = std::to_string(input.journal.size());
    if (writeShape(*first) != writeShape(*second)) {
        return makeError(ErrorCode::kInternal, "two calls gave different bytes at step " + step);
    }
    if (writeShape(*first) != writeShape(*third)) {
        return makeError(ErrorCode::kInternal,
                         "a restored journal gave other bytes at step " + step);
    }
    return first;
}

const ScriptedReply* ScriptedTransport::replyTo(const Call& call) {
    // Best path first, then the row used least, then the order of the script.
    std::size_t best = script_.size();
    int best_fit = 0;
    for (std::size_t i = 0; i < script_.size(); ++i) {
        const ScriptedReply& row = script_[i];
        const int fit = pathFit(call.path, row.path);
        if (row.method != call.method || fit == 0) continue;
        if (row.query && *row.query != call.query) continue;
        const bool better =
            best == script_.size() || fit > best_fit || (fit == best_fit && used_[best] > 0);
        if (better) {
            best = i;
            best_fit = fit;
        }
    }
    if (best == script_.size()) return nullptr;
    ++used_[best];
    return &script_[best];
}

void ScriptedTransport::answerCalls(const Action& action, Leg& leg, Played& played) {
    for (const Call& call : action.calls) {
        Entry entry;
        entry.label = call.label;
        entry.method = call.method;
        entry.host = call.host;
        entry.path = call.path;
        entry.body_hash = call.body_hash;
        entry.at_ms = now_ms_ += 1000;
        const ScriptedReply* scripted = replyTo(call);
        if (scripted == nullptr) {
            played.unscripted.push_back(call.method + " " + call.path);
            entry.reply.emplace().status = 404;
        } else if (scripted->lost) {
            entry.lost = true;
        } else {
            ReplyEntry& reply = entry.reply.emplace();
            reply.status = scripted->status;
            reply.headers = scripted->headers;
            const bool to_blob = call.to == "blob" && scripted->status < 300;
            if (to_blob) {
                const std::string* type = findHeader(scripted->headers, "Content-Type");
                reply.blob = BlobRef{
                    "blob-" + call.label, static_cast<std::int64_t>(scripted->body.size()),
                    type == nullptr ? "application/octet-stream" : *type, fnv1a(scripted->body)};
            } else {
                reply.body =
                    Body{leg.bodies.emplace_back(captureFrom(scripted->body, call, played))};
            }
        }
        leg.input.journal.push_back(std::move(entry));
    }
}

Result<Played> ScriptedTransport::play(Command command) { return run(std::move(command), false); }

Result<Played> ScriptedTransport::playTwice(Command command) {
    return run(std::move(command), true);
}

Result<Played> ScriptedTransport::run(Command command, bool twice) {
    now_ms_ = options_.started_at_ms;
    if (command.started_at_ms == 0) command.started_at_ms = now_ms_;
    if (command.flow_id.empty()) command.flow_id = "flow-1";
    auto leg = std::make_unique<Leg>();
    leg->input.inputs = std::move(command);
    Played played;
    while (played.actions.size() < options_.actions_max) {
        auto action = twice ? advanceTwice(leg->input) : advanceOnce(leg->input);
        if (!action) return std::move(action).error();
        played.observations.insert(played.observations.end(), action->observations.begin(),
                                   action->observations.end());
        played.deliveries.insert(played.deliveries.end(), action->deliver.begin(),
                                 action->deliver.end());
        played.actions.push_back(std::move(action).value());
        const Action& latest = played.actions.back();
        switch (latest.action) {
            case ActionKind::kCall:
                answerCalls(latest, *leg, played);
                break;
            case ActionKind::kAsk: {
                Entry entry;
                entry.label = latest.ask->label;
                entry.at_ms = now_ms_ += 1000;
                entry.answer.json = options_.answer ? options_.answer(*latest.ask) : "null";
                leg->input.journal.push_back(std::move(entry));
                break;
            }
            case ActionKind::kWait: {
                Entry entry;
                entry.label = latest.wait->label;
                entry.at_ms = now_ms_ = std::max(now_ms_, latest.wait->until_ms);
                entry.timer = true;
                leg->input.journal.push_back(std::move(entry));
                break;
            }
            case ActionKind::kContinue: {
                auto next_leg = std::make_unique<Leg>();
                next_leg->input.inputs = *latest.next;
                leg = std::move(next_leg);
                break;
            }
            case ActionKind::kAgain:
            case ActionKind::kDone:
            case ActionKind::kFailed:
                return played;
        }
    }
    return makeError(ErrorCode::kTooLarge, "the flow did not end after " +
                                               std::to_string(options_.actions_max) + " actions");
}

}  // namespace hubsdk::testing
