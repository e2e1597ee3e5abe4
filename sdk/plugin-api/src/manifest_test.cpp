#include <hubsdk/model/manifest.hpp>

#include <gmock/gmock.h>
#include <algorithm>

namespace hubsdk {
namespace {

constexpr std::string_view kGood = R"({
    "vendor": "acme_1", "name": "Acme", "version": "1.0.0", "kind": "screening",
    "settings": [{"name": "region", "type": "choice", "choices": ["us", "eu"], "text": "Where."}],
    "secrets": [{"name": "api_key", "places": ["header", "sign"], "text": "Key."}],
    "hosts": ["api.acme.example"], "download_hosts": ["*.files.example"],
    "inbound": [{"kind": "event"}, {"method": "ANY", "tail": "/ask", "kind": "request"}],
    "links": [{"type": "report", "role": "unique"}],
    "commands": ["order.submit", "order.refresh", "feed.sync"],
    "rate": [{"max": 60}], "feeds": [{"name": "events", "interval_ms": 60000}],
    "needs": ["libxml2"]})";

// The good manifest with one text replaced by another.
std::string with(std::string_view from, std::string_view to) {
    std::string text(kGood);
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

struct WrongWord {
    std::string_view from;
    std::string_view to;
    std::string_view path;
};

TEST(Manifest, AGoodOneIsRead) {
    auto manifest = readManifest(kGood);
    ASSERT_TRUE(manifest) << manifest.error().text();
    EXPECT_EQ(manifest->vendor, "acme_1");
    EXPECT_EQ(manifest->inbound[0].method, "POST");
    EXPECT_EQ(manifest->rate[0].per_ms, 60000);
}

TEST(Manifest, EachWrongWordGivesItsPath) {
    constexpr std::array<WrongWord, 22> kCases{{
        {R"("acme_1")", R"("Acme")", "vendor"},
        {R"("acme_1")", R"("")", "vendor"},
        {R"("kind": "screening")", R"("kind": "spelling")", "kind"},
        {R"("type": "choice")", R"("type": "list")", "settings[0].type"},
        {R"("name": "api_key")", R"("name": "API key")", "secrets[0].name"},
        {R"(["header", "sign"])", R"(["header", "url"])", "secrets[0].places"},
        {R"("api.acme.example")", R"("https://api.acme.example")", "hosts[0]"},
        {R"("api.acme.example")", R"("*.acme.example")", "hosts[0]"},
        {R"("api.acme.example")", R"("")", "hosts[0]"},
        {R"("*.files.example")", R"("files.example/x")", "download_hosts[0]"},
        {R"("*.files.example")", R"("a.*.example")", "download_hosts[0]"},
        {R"("kind": "request")", R"("kind": "question")", "inbound[1].kind"},
        {R"("role": "unique")", R"("role": "only")", "links[0].role"},
        {R"("order.refresh")", R"("order.refreshh")", "commands[1]"},
        {R"("interval_ms": 60000)", R"("interval_ms": 59999)", "feeds[0].interval_ms"},
        {R"(, "feed.sync")", "", "feeds"},
        {R"({"max": 60})", R"({"max": 0})", "rate[0]"},
        {R"(["libxml2"])", R"(["libpng"])", "needs[0]"},
        {R"(["header", "sign"])", R"(["ssh_key"])", "secrets[0].places"},
        {R"(["header", "sign"])", R"(["capture"], "idle_max_ms": 3600000)",
         "secrets[0].idle_max_ms"},
        {R"(["libxml2"])", R"(["libxml2"], "lifecycle": ["libpng"])", "lifecycle"},
        {R"(["libxml2"])",
         R"([], "reacts_to": [{"event": "order.closed", "command": "order.refresh"}])",
         "reacts_to"},
    }};
    for (const WrongWord& row : kCases) {
        auto manifest = readManifest(with(row.from, row.to));
        ASSERT_FALSE(manifest) << row.to;
        EXPECT_EQ(manifest.error().path, row.path) << row.to;
        EXPECT_EQ(manifest.error().code, ErrorCode::kInvalid);
    }
}

TEST(Manifest, AHostRuleNamesAHostASettingAndOneOfItsChoices) {
    const auto pathOf = [](const std::string& rule) {
        const auto manifest =
            readManifest(with(R"("links")", R"("host_rules": [)" + rule + R"(], "links")"));
        return manifest ? std::string() : manifest.error().path;
    };
    EXPECT_EQ(pathOf(R"({"host":"api.acme.example","setting":"region","is":"us"})"), "");
    EXPECT_EQ(pathOf(R"({"host":"other.example","setting":"region","is":"us"})"),
              "host_rules[0].host");
    EXPECT_EQ(pathOf(R"({"host":"api.acme.example","setting":"zone","is":"us"})"),
              "host_rules[0].setting");
    EXPECT_EQ(pathOf(R"({"host":"api.acme.example","setting":"region","is":"asia"})"),
              "host_rules[0].is");
}

TEST(Manifest, WhatIdlesOutIsCapturedAndRenewed) {
    const auto read = [](std::string_view places, std::string_view idle, std::string_view command) {
        std::string text(kGood);
        const auto put = [&](std::string_view from, const std::string& to) {
            text.replace(text.find(from), from.size(), to);
        };
        put(R"(["header", "sign"])",
            "[" + std::string(places) + R"(], "idle_max_ms": )" + std::string(idle));
        put(R"("feed.sync")", R"("feed.sync", )" + std::string(command));
        return readManifest(text);
    };
    constexpr std::string_view kBoth = R"("body", "capture")";
    const auto good = read(kBoth, "3600000", R"("auth.token")");
    ASSERT_TRUE(good) << good.error().text();
    EXPECT_EQ(good->secrets[0].idle_max_ms, 3'600'000);
    EXPECT_EQ(read(kBoth, "3599999", R"("auth.token")").error().path, "secrets[0].idle_max_ms");
    EXPECT_EQ(read(R"("body")", "3600000", R"("auth.token")").error().path,
              "secrets[0].idle_max_ms");
    EXPECT_EQ(read(kBoth, "3600000", R"("auth.revoke")").error().path, "secrets[0].idle_max_ms");
}

TEST(Manifest, WhatIsReservedIsCalledSo) {
    for (const auto& [from, to] : {std::pair{R"(["header", "sign"])", R"(["ssh_key"])"},
                                   std::pair{R"(["libxml2"])", R"([], "lifecycle": ["libpng"])"}}) {
        EXPECT_THAT(readManifest(with(from, to)).error().message,
                    ::testing::HasSubstr("is reserved"));
    }
}

TEST(Manifest, MissingAndMistypedMembersGiveTheirPath) {
    EXPECT_EQ(readManifest("{}").error().path, "vendor");
    EXPECT_EQ(readManifest(with(R"("places": ["header", "sign"], )", "")).error().path,
              "secrets[0].places");
    EXPECT_EQ(readManifest(with(R"("interval_ms": 60000)", R"("interval_ms": "1")")).error().path,
              "feeds[0].interval_ms");
    EXPECT_EQ(readManifest("no json").error().code, ErrorCode::kInvalid);
}

TEST(Manifest, TheCommandTableIsSortedAndFound) {
    EXPECT_TRUE(std::ranges::is_sorted(commandTable(), {}, &CommandRow::name));
    for (const CommandRow& row : commandTable()) {
        EXPECT_EQ(findCommand(row.name), &row);
        EXPECT_FALSE(row.text.empty());
    }
    EXPECT_EQ(findCommand("order.dance"), nullptr);
    EXPECT_TRUE(findCommand("order.submit")->needs_order);
    EXPECT_TRUE(findCommand("order.refresh")->needs_vendor_order);
}

}  // namespace
}  // namespace hubsdk
