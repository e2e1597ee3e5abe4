#include <hubsdk/cpp/plugin.hpp>

#include <gmock/gmock.h>

namespace hubsdk {
namespace {

using ::testing::HasSubstr;

Flow submit(const Order& order) {
    log(1, "placing");
    co_return done().result(hubsdk::quoted(order.number));
}

struct Full {
    static Claim claim(const Delivery& delivery, Json settings) {
        if (delivery.path == "/throw") throw std::runtime_error("claim broke");
        if (delivery.path == "/end")
            throw FlowEnd(vendorError(ErrorClass::kSchema, "no such event"));
        if (delivery.path == "/odd") throw 42;
        Claim claim;
        claim.event_key = std::string(delivery.body.bytes) + std::string(settings["mark"].text());
        return claim;
    }
    static std::vector<Observation> interpret(const Delivery& delivery, Json) {
        std::vector<Observation> observations(1);
        observations[0].vendor_status = std::string(delivery.body.bytes);
        return observations;
    }
    static Defaults defaults(const Account&) { return {}; }
    static Result<Raw> migrateSettings(std::string_view from_version, Json settings) {
        if (from_version == "0.9")
            return makeError(ErrorCode::kInvalid, "has no region", "settings.region");
        return Raw{R"({"region":)" + quoted(settings["site"].text()) + "}"};
    }
    static const void* query(std::string_view id) { return id == "sample/1" ? &kMark : nullptr; }
    static constexpr int kMark = 1;
    static constexpr auto kFlows = flowTable(flow<submit>("order.submit"));
};
struct OutboundOnly {
    static Defaults defaults(const Account&) { return {}; }
    static constexpr auto kFlows = flowTable(flow<submit>("order.submit"));
};

struct Answer {
    hub_status status = HUB_OK;
    std::string text;
};

struct Sink {
    std::string text;
    std::size_t bytes_max = 1U << 20;
    static hub_status write(void* context, hub_view chunk) {
        auto* self = static_cast<Sink*>(context);
        if (self->text.size() + chunk.size > self->bytes_max) return HUB_OVERSIZE;
        self->text.append(chunk.data, chunk.size);
        return HUB_OK;
    }
};

using Export = hub_status (*)(const hub_call*, const hub_sink*);

Answer call(Export function, std::string_view document, std::string_view blob = {},
            std::size_t bytes_max = 1U << 20, const hub_host* host = nullptr) {
    Sink answer{{}, bytes_max};
    const hub_view blobs[] = {{blob.data(), blob.size()}};
    const hub_call input{sizeof(hub_call), 1, {document.data(), document.size()}, blobs, host};
    const hub_sink sink{sizeof(hub_sink), 0, &answer, &Sink::write};
    const hub_status status = function(&input, &sink);
    return {status, std::move(answer.text)};
}

hub_view describeNothing() { return {nullptr, 0}; }
constexpr hub_plugin_table kFull = internal::Exports<Full>::table(&describeNothing);
constexpr hub_plugin_table kOutbound = internal::Exports<OutboundOnly>::table(&describeNothing);

std::string delivery(std::string_view path) {
    return R"({"delivery":{"method":"POST","path":")" + std::string(path) +
           R"(","headers":[],"body":{"blob":0}},"settings":{"mark":"!"}})";
}

TEST(PluginGuard, AnswersWithTheDocumentOfTheFunction) {
    const Answer claim = call(kFull.claim, delivery(""), "e1");
    EXPECT_EQ(claim.status, HUB_OK);
    EXPECT_THAT(claim.text, HasSubstr(R"("event_key":"e1!")"));
    const Answer said = call(kFull.interpret, delivery(""), std::string_view("\xFF\x00", 2));
    EXPECT_EQ(said.status, HUB_OK);
    EXPECT_TRUE(JsonDocument::parse(said.text)) << "bad UTF-8 of a vendor becomes U+FFFD";
    const Answer action = call(
        kFull.advance,
        R"({"inputs":{"command":"order.submit","order":{"number":"7","package":"p","applicant":{"email":"a@b.c"}}}})");
    EXPECT_EQ(action.status, HUB_OK) << action.text;
    EXPECT_THAT(action.text, HasSubstr(R"("result":"7")"));
}

TEST(PluginGuard, AWrongInputIsNamed) {
    const Answer missing = call(kFull.claim, R"({"delivery":{"method":"POST","headers":[]}})");
    EXPECT_EQ(missing.status, HUB_INVALID);
    EXPECT_THAT(missing.text, HasSubstr(R"("path":"delivery.body")"));
    EXPECT_EQ(call(kFull.claim, "{").status, HUB_INVALID);
    EXPECT_EQ(call(kFull.advance, R"({"inputs":{}})").status, HUB_INVALID);
    EXPECT_THAT(call(kFull.advance, R"({"inputs":{}})").text, HasSubstr("inputs.command"));
}

TEST(PluginGuard, NothingThrownLeavesThePlugin) {
    // TM-PLG-2
    const Answer thrown = call(kFull.claim, delivery("/throw"), "x");
    EXPECT_EQ(thrown.status, HUB_FAILED);
    EXPECT_THAT(thrown.text, HasSubstr("claim broke"));
    EXPECT_THAT(call(kFull.claim, delivery("/end"), "x").text, HasSubstr("no such event"));
    EXPECT_EQ(call(kFull.claim, delivery("/odd"), "x").status, HUB_FAILED);
}

TEST(PluginGuard, AnOversizeAnswerIsReported) {
    EXPECT_EQ(call(kFull.claim, delivery(""), "e1", 5).status, HUB_OVERSIZE);
}

TEST(PluginGuard, TheTableHoldsOnlyWhatThePluginHas) {
    EXPECT_EQ(kOutbound.claim, nullptr);
    EXPECT_EQ(kOutbound.interpret, nullptr);
    EXPECT_NE(kOutbound.advance, nullptr);
    EXPECT_EQ(kFull.struct_size, sizeof(hub_plugin_table));
    const std::string_view known = "sample/1";
    EXPECT_EQ(kFull.query({known.data(), known.size()}), &Full::kMark);
    EXPECT_EQ(kFull.query({known.data(), 3}), nullptr);
    EXPECT_EQ(kOutbound.query({known.data(), known.size()}), nullptr);
}

TEST(PluginGuard, SettingsOfAnOlderVersionAreCarriedOver) {
    const std::string_view id = HUB_EXT_SETTINGS_MIGRATE;
    EXPECT_EQ(kOutbound.query({id.data(), id.size()}), nullptr);
    const auto* table =
        static_cast<const hub_settings_migrate*>(kFull.query({id.data(), id.size()}));
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->struct_size, sizeof(hub_settings_migrate));
    const Answer moved = call(table->migrate, R"({"from_version":"1.0","settings":{"site":"eu"}})");
    EXPECT_EQ(moved.status, HUB_OK);
    EXPECT_EQ(moved.text, R"({"region":"eu"})");
    const Answer refused = call(table->migrate, R"({"from_version":"0.9","settings":{}})");
    EXPECT_EQ(refused.status, HUB_INVALID);
    EXPECT_THAT(refused.text, HasSubstr(R"("path":"settings.region")"));
    EXPECT_EQ(call(table->migrate, R"({"from_version":"1.0"})").status, HUB_INVALID);
}

TEST(PluginGuard, LogLinesReachTheHostOfTheCall) {
    std::string lines;
    hub_host host{};
    host.struct_size = sizeof(hub_host);
    host.context = &lines;
    host.log = [](void* context, std::int32_t level, hub_view message) {
        static_cast<std::string*>(context)
            ->append(std::to_string(level) + ":")
            .append(message.data, message.size);
    };
    constexpr std::string_view kOrder =
        R"({"inputs":{"command":"order.submit","order":{"number":"7","package":"p","applicant":{"email":"a@b.c"}}}})";
    call(kFull.advance, kOrder, {}, 1U << 20, &host);
    EXPECT_EQ(lines, "1:placing");
    log(1, "outside a call");
    EXPECT_EQ(lines, "1:placing");
}

}  // namespace
}  // namespace hubsdk
