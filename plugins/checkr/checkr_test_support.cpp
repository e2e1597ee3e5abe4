#include "plugins/checkr/checkr_test_support.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace vendor::checkr::testing {
namespace {

std::string bytesOf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

std::string sample(const std::string& name) {
    return bytesOf(HUB_SHARED_DIR "/vendors/checkr/samples/" + name);
}

std::string fixture(const std::string& name) {
    return bytesOf(HUB_SOURCE_DIR "/plugins/checkr/testdata/" + name);
}

hubsdk::testing::PluginUnderTest plugin() {
    return hubsdk::testing::PluginUnderTest(hub_plugin_entry());
}

Played play(const Command& command, const std::vector<Exchange>& exchanges) {
    std::vector<hubsdk::testing::ScriptedReply> script;
    for (const Exchange& exchange : exchanges) {
        hubsdk::testing::ScriptedReply reply;
        reply.method = exchange.method;
        reply.path = exchange.path.substr(0, exchange.path.find('?'));
        if (const auto mark = exchange.path.find('?'); mark != std::string::npos) {
            reply.query = exchange.path.substr(mark + 1);
        }
        reply.status = exchange.status;
        reply.headers = exchange.headers;
        reply.body = exchange.body;
        reply.lost = exchange.lost;
        script.push_back(std::move(reply));
    }
    hubsdk::testing::PlayOptions options;
    options.started_at_ms = 1'705'581'270'000;  // 2024-01-18T12:34:30Z
    auto played =
        hubsdk::testing::ScriptedTransport(plugin().advancer(), script, options).playTwice(command);
    if (!played) {
        ADD_FAILURE() << played.error().text();
        return {};
    }
    EXPECT_TRUE(played->unscripted.empty()) << played->unscripted.front();
    return std::move(played).value();
}

Command commandOf(std::string name, std::string vendor_order_id, std::vector<hubsdk::Link> links) {
    Command command;
    command.command = std::move(name);
    if (!vendor_order_id.empty()) command.vendor_order_id = std::move(vendor_order_id);
    command.links = std::move(links);
    return command;
}

std::vector<hubsdk::Call> callsOf(const Played& played) {
    std::vector<hubsdk::Call> calls;
    for (const auto& action : played.actions) {
        calls.insert(calls.end(), action.calls.begin(), action.calls.end());
    }
    return calls;
}

std::vector<std::string> stepsOf(const Played& played) {
    std::vector<std::string> steps;
    for (const auto& call : callsOf(played)) steps.push_back(call.method + " " + call.path);
    return steps;
}

std::string shown(const hubsdk::Pieces& pieces) {
    std::string all;
    for (const hubsdk::Piece& piece : pieces) {
        std::string text = piece.text.value_or("") + shown(piece.of);
        if (piece.secret) text += "<" + *piece.secret + ">";
        if (piece.url) text += "<url>";
        for (const std::string& escape : piece.escape) text.insert(0, escape + "(").append(")");
        all += text;
    }
    return all;
}

std::string shownHeader(const hubsdk::Call& call, std::string_view name) {
    for (const auto& header : call.headers) {
        if (header.name == name) return shown(header.value);
    }
    return {};
}

hubsdk::VendorError errorOf(const Played& played) {
    if (!played.actions.empty()) {
        const hubsdk::Action& last = played.last();
        if (last.error) return *last.error;
        if (last.again && last.again->error) return *last.again->error;
    }
    ADD_FAILURE() << "the flow has no error";
    return {};
}

hubsdk::Observation interpreted(const std::string& body) {
    hubsdk::Delivery delivery;
    delivery.method = "POST";
    delivery.body.bytes = body;
    auto observations = plugin().interpret(delivery);
    if (!observations || observations->size() != 1) {
        ADD_FAILURE() << (observations ? "not one observation" : observations.error().text());
        return {};
    }
    return observations->front();
}

hubsdk::Observation refreshed(const std::string& report) {
    const Played played = play(commandOf("order.refresh", "", {{"report", "r1"}}),
                               {{"GET", "/v1/reports/r1", report}});
    if (played.observations.size() != 1) {
        ADD_FAILURE() << "not one observation";
        return {};
    }
    return played.observations.front();
}

}  // namespace vendor::checkr::testing
