/// What the tests of this plugin share: samples, played flows, readable calls.
#pragma once

#include <hubsdk/model/observation.hpp>

#include "sdk/plugin-api/testing/plugin_under_test.hpp"

namespace vendor::checkr::testing {

using hubsdk::Command;
using hubsdk::Json;
using hubsdk::testing::Played;

/// Bytes of a shared vendor sample; fails the test if there is none.
[[nodiscard]] std::string sample(const std::string& name);
/// Bytes of a file of testdata/.
[[nodiscard]] std::string fixture(const std::string& name);

[[nodiscard]] hubsdk::testing::PluginUnderTest plugin();

/// One scripted exchange; `body` is JSON or text.
struct Exchange {
    std::string method;
    std::string path;  ///< with query where it matters
    std::string body;
    int status = 200;
    std::vector<hubsdk::Header> headers = {};
    bool lost = false;
};

/// Plays the command with playTwice; fails the test if that fails or a call was not scripted.
[[nodiscard]] Played play(const Command& command, const std::vector<Exchange>& exchanges);

[[nodiscard]] Command commandOf(std::string name, std::string vendor_order_id = "",
                                std::vector<hubsdk::Link> links = {});

/// Every call of a played flow, in order.
[[nodiscard]] std::vector<hubsdk::Call> callsOf(const Played& played);
/// "GET /v1/reports/1" for every call.
[[nodiscard]] std::vector<std::string> stepsOf(const Played& played);
/// Pieces as text; secrets as <name>, the account's address as <url>, escapes as escape(...).
[[nodiscard]] std::string shown(const hubsdk::Pieces& pieces);
/// A header of a call as shown(); empty if it has none.
[[nodiscard]] std::string shownHeader(const hubsdk::Call& call, std::string_view name);

/// The error a flow ended or paused with; fails the test if there is none.
[[nodiscard]] hubsdk::VendorError errorOf(const Played& played);

/// Interprets a POST with this body.
[[nodiscard]] hubsdk::Observation interpreted(const std::string& body);

/// The only observation of a refresh whose GET of the report gives this JSON text.
[[nodiscard]] hubsdk::Observation refreshed(const std::string& report);

}  // namespace vendor::checkr::testing
