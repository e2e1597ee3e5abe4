/// The sample flows that the tests of the flow machinery play, and how they are played.
#pragma once

#include <hubsdk/cpp/flow.hpp>

#include "sdk/plugin-api/testing/scripted_transport.hpp"

#include <gmock/gmock.h>

namespace hubsdk::testing {

/// How often a flow began: a replayed flow begins once per call of advance.
extern thread_local int begun;
/// What a flow of a newer version asks instead; empty: what the old one asked.
extern thread_local std::string other_label;
extern thread_local std::string other_path;
extern thread_local std::string other_body;

/// The next action of a sample flow, as a plugin's advance gives it.
[[nodiscard]] Result<Action> advance(const AdvanceInput& input);

[[nodiscard]] ScriptedReply reply(std::string method, std::string path, std::string body,
                                  int status = 200);
[[nodiscard]] ScriptedReply lostReply(std::string method, std::string path);
[[nodiscard]] Command command(std::string name);

/// Plays the sample flow of a command with playTwice; fails the test if that fails.
[[nodiscard]] Played play(std::string name, std::vector<ScriptedReply> script,
                          PlayOptions options = {});

/// The journal of order.refresh, a flow of two steps, after its first step.
[[nodiscard]] AdvanceInput answeredOnce();

class FlowTest : public ::testing::Test {
protected:
    void SetUp() override {
        begun = 0;
        other_label.clear();
        other_path.clear();
        other_body.clear();
    }
};

}  // namespace hubsdk::testing
