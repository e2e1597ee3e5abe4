/// Plays a flow against scripted replies, without hub, network or clock: for plugin tests, for the
/// shapes of tests/shapes, and for `hubctl plugin run`.
#pragma once

#include <hubsdk/model/flow.hpp>

#include <functional>

namespace hubsdk::testing {

/// One scripted exchange. Method and path select it; the query counts only if it is given. Calls of
/// one path take its replies in order, and the last one stays.
struct ScriptedReply {
    std::string method;
    std::string path;  ///< as called, or its end: "/reports/1" fits "/v1/reports/1"
    std::optional<std::string> query;
    int status = 200;
    std::vector<Header> headers;
    std::string body;
    bool lost = false;  ///< sent, but no answer arrives
};

/// Reads the script format of `hubctl plugin run`:
/// [{"request": {"method", "path", "query"?}, "reply": {"status", "headers", "body" |
/// "body_base64"}}]. A body may be a text or any JSON value. Fails with kInvalid and the path of
/// the member.
[[nodiscard]] Result<std::vector<ScriptedReply>> readScript(std::string_view json);

/// The next action for these inputs and this journal: a plugin, however it is called.
using Advance = std::function<Result<Action>(const AdvanceInput&)>;
/// Answers what a flow asks the host; JSON text.
using HostAnswer = std::function<std::string(const Ask&)>;

struct PlayOptions {
    std::int64_t started_at_ms = 0;  ///< time of the start; every entry is one second later
    std::size_t actions_max = 10'000;
    HostAnswer answer;  ///< default: null
};

/// What a played flow did, in order. The last action is done, failed or again.
struct Played {
    std::vector<Action> actions;
    std::vector<std::string> unscripted;  ///< "METHOD path" of calls the script has no reply for
    std::vector<Observation> observations;
    std::vector<Deliver> deliveries;
    /// Secrets that were captured, {name, value}; the flow saw "***" in their place.
    std::vector<std::pair<std::string, std::string>> captured;

    [[nodiscard]] const Action& last() const { return actions.back(); }
};

/// A flow that was stopped: what a hub would hold after a crash.
struct FlowState {
    AdvanceInput input;
    std::vector<std::string> bodies;  ///< keeps what the journal's Body views point to
};

/// Plays flows. Not thread-safe; one object per test.
class ScriptedTransport {
public:
    ScriptedTransport(Advance advance, std::vector<ScriptedReply> script, PlayOptions options = {});

    /// Runs the command to its end. A call without a scripted reply is answered with 404, like by a
    /// vendor that does not know the path, and listed in `unscripted`. Waits end at once. Fails
    /// with what advance failed with, or kTooLarge after `actions_max` actions.
    [[nodiscard]] Result<Played> play(Command command);

    /// As play, and before every step asks advance a second time (the answers must be equal byte
    /// for byte) and once more from a journal that went through its JSON text, as after a restart.
    /// Fails with kInternal naming the step that differed.
    [[nodiscard]] Result<Played> playTwice(Command command);

private:
    struct Leg;
    Result<Action> advanceOnce(const AdvanceInput& input) const;
    Result<Action> advanceTwice(const AdvanceInput& input) const;
    Result<Played> run(Command command, bool twice);
    void answerCalls(const Action& action, Leg& leg, Played& played);
    const ScriptedReply* replyTo(const Call& call);

    Advance advance_;
    std::vector<ScriptedReply> script_;
    std::vector<std::size_t> used_;
    PlayOptions options_;
    std::int64_t now_ms_ = 0;
};

/// A journal as a document and back: what storage does to it. The result owns its bytes.
[[nodiscard]] Result<FlowState> restored(const AdvanceInput& input);

}  // namespace hubsdk::testing
