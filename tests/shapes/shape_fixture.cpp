#include "tests/shapes/shape_fixture.hpp"

#include <cstdlib>

#include <hubsdk/cpp/xml_host.hpp>

#include "hub/security/pieces.hpp"

namespace shapes {

using namespace hubsdk;
using hubsdk::testing::Played;
using hubsdk::testing::PlayOptions;
using hubsdk::testing::ScriptedReply;
using hubsdk::testing::ScriptedTransport;

ScriptedReply exchange(std::string method, std::string path, std::string body, int status) {
    ScriptedReply row;
    row.method = std::move(method);
    row.path = std::move(path);
    row.body = std::move(body);
    row.status = status;
    return row;
}

Delivery deliveryOf(std::string_view body, std::vector<Header> headers) {
    Delivery delivery;
    delivery.method = "POST";
    delivery.headers = std::move(headers);
    delivery.body = Body{body};
    return delivery;
}

Command commandOf(std::string name) {
    Command command;
    command.command = std::move(name);
    command.flow_id = "flow-7";
    return command;
}

void ShapeTest::SetUp() {
    static const xml::XmlLibraries libraries;
    std::string folder = (std::filesystem::temp_directory_path() / "shapes-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    cache_ = folder;
}

void ShapeTest::TearDown() {
    plugin_.reset();
    std::filesystem::remove_all(cache_);
}

void ShapeTest::load(std::string_view name) {
    const std::filesystem::path file =
        std::filesystem::path(SHAPES_DIR) / ("shape_" + std::string(name) + ".so");
    auto loaded = hub::plugins::Plugin::load(file, cache_);
    ASSERT_TRUE(loaded) << loaded.error().text();
    plugin_ = *loaded;
    EXPECT_EQ(plugin_->manifest().vendor, "shape_" + std::string(name));
}

Played ShapeTest::play(Command command, std::vector<ScriptedReply> script, PlayOptions options) {
    if (command.account.settings.json.empty()) command.account.settings.json = settings_;
    const auto advance = [this](const AdvanceInput& input) { return plugin_->advance(input); };
    ScriptedTransport transport(advance, std::move(script), std::move(options));
    Played played = expected(transport.playTwice(std::move(command)));
    if (played.actions.empty()) played.actions.emplace_back();
    for (const Action& action : played.actions) {
        for (const Call& call : action.calls) {
            const auto allowed = hub::security::checkCall(call, plugin_->manifest());
            EXPECT_TRUE(allowed) << allowed.error().text();
        }
    }
    EXPECT_TRUE(played.unscripted.empty()) << played.unscripted.front();
    return played;
}

Claim ShapeTest::claim(const Delivery& delivery) {
    Claim first = expected(plugin_->claim(delivery, settings_));
    EXPECT_EQ(writeShape(first), writeShape(expected(plugin_->claim(delivery, settings_))));
    return first;
}

std::vector<Observation> ShapeTest::interpret(const Delivery& delivery) {
    Interpretation first = expected(plugin_->interpret(delivery, settings_));
    EXPECT_EQ(writeShape(first), writeShape(expected(plugin_->interpret(delivery, settings_))));
    return std::move(first.observations);
}

}  // namespace shapes
