#include "hub/plugins/plugin.hpp"

#include "hub/plugins/testing/plugin_fixture.hpp"

namespace hub::plugins {
namespace {

using hubsdk::ErrorCode;
using testing::testPlugin;

class PluginCallTest : public testing::PluginTest {
protected:
    std::shared_ptr<const Plugin> load(const std::string& name, PluginHost host = {}) {
        auto plugin = Plugin::load(testPlugin(name), cache(), std::move(host));
        EXPECT_TRUE(plugin.ok()) << plugin.error().text();
        return plugin ? *plugin : nullptr;
    }
    static hubsdk::Delivery delivery(std::string_view body, std::string path = "") {
        hubsdk::Delivery delivery;
        delivery.method = "POST";
        delivery.path = std::move(path);
        delivery.body.bytes = body;
        return delivery;
    }
};

TEST_F(PluginCallTest, ClaimsInterpretsAndAdvances) {
    const auto plugin = load("trial_good");
    EXPECT_EQ(plugin->manifest().vendor, "trial");
    EXPECT_EQ(plugin->sha256().size(), 64U);

    const auto claim = plugin->claim(delivery("x"), "{}");
    ASSERT_TRUE(claim.ok()) << claim.error().text();
    EXPECT_EQ(claim->proofs.at(0).algorithm, "hmac-sha256");

    const std::string body("r\0\xff", 3);  // bytes, not text: they go beside the document
    const auto told = plugin->interpret(delivery(body), R"({"environment":"staging"})");
    ASSERT_TRUE(told.ok()) << told.error().text();
    EXPECT_EQ(told->observations.at(0).vendor_status, "staging");
    EXPECT_EQ(told->observations.at(0).vendor_order_id->substr(0, 2), body.substr(0, 2));
}

TEST_F(PluginCallTest, IsSeenByTheWatch) {
    PluginHost host;
    host.watch = std::make_shared<CallWatch>();
    const auto plugin = load("trial_good", host);
    ASSERT_TRUE(plugin->claim(delivery("x"), "{}").ok());
    EXPECT_EQ(host.watch->ended.of("trial", "ok"), 1U);
    EXPECT_EQ(host.watch->view(0).running, 0U);
    const auto throwing = load("trial_throws", host);
    EXPECT_FALSE(throwing->claim(delivery("x"), "{}").ok());
    EXPECT_EQ(host.watch->ended.of(throwing->manifest().vendor, "failed"), 1U);
    EXPECT_EQ(host.watch->view(0).running, 0U);
}

TEST_F(PluginCallTest, AdvancesAFlowOverItsJournal) {
    const auto plugin = load("trial_good");
    hubsdk::AdvanceInput input;
    input.inputs.command = "order.refresh";
    input.inputs.vendor_order_id = "r-1";
    const auto first = plugin->advance(input);
    ASSERT_TRUE(first.ok()) << first.error().text();
    ASSERT_EQ(first->action, hubsdk::ActionKind::kCall);
    EXPECT_EQ(first->calls.at(0).path, "/v1/reports/r-1");

    hubsdk::Entry entry;
    entry.label = first->calls[0].label;
    entry.method = first->calls[0].method;
    entry.host = first->calls[0].host;
    entry.path = first->calls[0].path;
    entry.reply.emplace().status = 200;
    entry.reply->body = hubsdk::Body{R"({"status":"pending"})"};
    input.journal.push_back(entry);
    const auto last = plugin->advance(input);
    ASSERT_TRUE(last.ok()) << last.error().text();
    EXPECT_EQ(last->action, hubsdk::ActionKind::kDone);
    EXPECT_EQ(last->observations.at(0).vendor_status, "pending");
}

TEST_F(PluginCallTest, AFixedClaimOfTheManifestNeedsNoCall) {
    const auto plugin = load("trial_throws");
    const auto claim = plugin->claim(delivery("x", "/fixed"), "{}");
    ASSERT_TRUE(claim.ok()) << claim.error().text();
    EXPECT_EQ(claim->proofs.at(0).algorithm, "equals");
    EXPECT_EQ(plugin->routeOf(delivery("x", "/other")), nullptr);
    auto other_method = delivery("x", "/fixed");
    other_method.method = "PUT";
    EXPECT_EQ(plugin->routeOf(other_method), nullptr);
}

// TM-PLG-2
TEST_F(PluginCallTest, NothingThatAPluginThrowsGetsOut) {
    const auto unguarded = load("trial_throws")->interpret(delivery("x"), "{}");
    EXPECT_EQ(unguarded.error().code, ErrorCode::kInternal);
    EXPECT_EQ(unguarded.error().message, "the plugin threw (interpret)");
    const auto guarded = load("trial_good")->interpret(delivery("throw"), "{}");
    EXPECT_EQ(guarded.error().code, ErrorCode::kInternal);
    EXPECT_EQ(guarded.error().message, "the plugin failed (interpret): the plugin's own trouble");
    // TM-LOG: where errors are stored, a plugin's own words are not: they may name a person.
    PluginHost host;
    host.keeps_words = false;
    const auto stored = load("trial_good", host)->interpret(delivery("throw"), "{}");
    EXPECT_EQ(stored.error().message, "the plugin failed (interpret)");
}

// TM-PLG-2
TEST_F(PluginCallTest, EveryBadAnswerIsAnErrorOfItsCode) {
    const auto plugin = load("trial_odd");
    const auto errorFor = [&](std::string_view body) {
        return plugin->interpret(delivery(body), "{}").error();
    };
    EXPECT_TRUE(plugin->interpret(delivery(""), "{}").ok());
    EXPECT_EQ(errorFor("oversize").code, ErrorCode::kTooLarge);
    EXPECT_EQ(errorFor("json").code, ErrorCode::kInvalid);
    EXPECT_EQ(errorFor("status").message, "the plugin gave the unknown status 99 (interpret)");
    EXPECT_EQ(errorFor("unsupported").code, ErrorCode::kUnsupported);
    EXPECT_EQ(errorFor("failed").code, ErrorCode::kInternal);
    const auto invalid = errorFor("invalid");
    EXPECT_EQ(invalid.code, ErrorCode::kInvalid);
    EXPECT_EQ(invalid.text(), "a.b: the plugin refuses the input (interpret): is wrong");
}

TEST_F(PluginCallTest, ReadsWhatCanBeReadOfAnInterpretation) {
    const auto plugin = load("trial_odd");
    const auto mixed = plugin->interpret(delivery("mixed"), "{}");
    ASSERT_TRUE(mixed.ok()) << mixed.error().text();
    ASSERT_EQ(mixed->observations.size(), 2U);
    EXPECT_EQ(mixed->observations[0].vendor_order_id, "r-1");
    EXPECT_FALSE(mixed->observations[0].error);
    ASSERT_TRUE(mixed->observations[1].error);
    EXPECT_EQ(mixed->observations[1].error->error_class, hubsdk::ErrorClass::kSchema);
    EXPECT_EQ(mixed->observations[1].error->label, "completed_at");
    const auto none = plugin->interpret(delivery("none"), "{}");
    EXPECT_EQ(none.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(none.error().path, "observations[0].kind");
}

TEST_F(PluginCallTest, BrokenSettingsAreTheInputsFault) {
    const auto told = load("trial_good")->interpret(delivery("x"), "{\"a\":");
    EXPECT_EQ(told.error().code, ErrorCode::kInvalid);
}

TEST_F(PluginCallTest, MoreBodiesThanACallMayCarryAreRefused) {
    hubsdk::AdvanceInput input;
    input.inputs.command = "account.test";
    hubsdk::Entry entry;
    entry.reply.emplace().body = hubsdk::Body{"x"};
    input.journal.assign(HUB_BLOBS_MAX + 1, entry);
    EXPECT_EQ(load("trial_good")->advance(input).error().code, ErrorCode::kTooLarge);
}

// TM-PLG-6
TEST_F(PluginCallTest, LogLinesAreCutAndCannotForgeOthers) {
    std::vector<std::string> lines;
    PluginHost host;
    host.log = [&](int level, std::string_view vendor, std::string_view line) {
        lines.push_back(std::to_string(level) + " " + std::string(vendor) + " " +
                        std::string(line));
    };
    ASSERT_TRUE(load("trial_good", host)->interpret(delivery("x"), "{}").ok());
    EXPECT_EQ(lines, std::vector<std::string>{"1 trial interpreting with care"});
    host.log = [](int, std::string_view, std::string_view) { throw 1; };
    EXPECT_TRUE(load("trial_good", host)->interpret(delivery("x"), "{}").ok());
}

}  // namespace
}  // namespace hub::plugins
