#include <hubsdk/cpp/text.hpp>

#include <gtest/gtest.h>

#include "plugins/checkr/checkr_test_support.hpp"

namespace vendor::checkr {
namespace {

using namespace testing;
using hubsdk::ActionKind;
using hubsdk::ErrorClass;
using Steps = std::vector<std::string>;

Command accountCommand(const std::string& name, const std::string& parameters = "") {
    Command command = commandOf(name);
    command.account.settings.json = R"({"client_id":"client-\"1\""})";
    command.parameters.json = parameters;
    return command;
}

TEST(CheckrCatalog, ReadsEveryPageInALegOfItsOwn) {
    const std::string second =
        R"({"data":[{"slug":"basic","price":"x","screenings":[{"type":"moon_search"},)"
        R"({"type":null}]},)"
        R"({"slug":"old","deleted_at":"2020-01-01T00:00:00Z"},{"name":"no slug"}],)"
        R"("next_href":null})";
    const Played played = play(accountCommand("catalog.list"),
                               {{"GET", "/v1/packages?per_page=100", sample("packages_list.json")},
                                {"GET", "/v1/packages?page=2&per_page=2", second}});
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    EXPECT_EQ(played.actions[1].action, ActionKind::kContinue);
    const auto items = hubsdk::readShape<std::vector<hubsdk::CatalogItem>>(
        std::string_view(played.last().result.json));
    ASSERT_TRUE(items.ok()) << items.error().text();
    ASSERT_EQ(items->size(), 3U);
    EXPECT_EQ(items->at(0).id, "criminal_pro");
    EXPECT_EQ(items->at(0).price, (hubsdk::Money{6500, "USD"}));
    EXPECT_EQ(items->at(0).check_types, (Steps{"ssn_trace", "criminal_county"}));
    EXPECT_EQ(items->at(1).price, (hubsdk::Money{8000, "USD"}));
    EXPECT_EQ(items->at(2).name, "basic");
    EXPECT_EQ(items->at(2).price, std::nullopt);
    EXPECT_EQ(items->at(2).check_types, Steps{"moon_search"});
}

TEST(CheckrCatalog, NeverFollowsAnAddressOfTheVendorElsewhere) {
    for (const std::string href :
         {"http://evil.example/v1/packages?page=2", "/v1/packages?page=2"}) {
        const Played played = play(
            accountCommand("catalog.list"),
            {{"GET", "/v1/packages?per_page=100", R"({"data":[],"next_href":")" + href + "\"}"},
             {"GET", "/v1/packages?page=2", R"({"data":[],"next_href":null})"}});
        ASSERT_EQ(callsOf(played).size(), 2U);
        EXPECT_EQ(callsOf(played)[1].host, "api.checkr.com");
    }
    for (const std::string href :
         {"https://api.checkr.com/v1/webhooks?page=2", "https://api.checkr.com", "x"}) {
        const Played played =
            play(accountCommand("catalog.list"),
                 {{"GET", "/v1/packages", R"({"data":[],"next_href":")" + href + "\"}"}});
        EXPECT_EQ(errorOf(played).error_class, ErrorClass::kSchema) << href;
    }
}

TEST(CheckrCatalog, EndsAListThatDoesNotEnd) {
    const Played played =
        play(accountCommand("catalog.list"),
             {{"GET", "/v1/packages", R"({"data":[],"next_href":"/v1/packages?page=2"})"}});
    EXPECT_EQ(errorOf(played).error_class, ErrorClass::kSchema);
    EXPECT_EQ(callsOf(played).size(), 100U);
}

TEST(CheckrAccount, TestReadsOnePackage) {
    const Played good =
        play(accountCommand("account.test"), {{"GET", "/v1/packages?per_page=1", "{}"}});
    EXPECT_EQ(good.last().action, ActionKind::kDone);
    const Played bad = play(accountCommand("account.test"),
                            {{"GET", "/v1/packages", sample("error_401_object.json"), 401}});
    EXPECT_EQ(errorOf(bad).error_class, ErrorClass::kAuth);
}

TEST(CheckrAccount, ConnectRegistersOurAddress) {
    const Played played = play(accountCommand("account.connect"),
                               {{"POST", "/v1/webhooks", sample("webhook_registered.json"), 201}});
    const auto calls = callsOf(played);
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(shown(calls[0].body), R"x({"webhook_url":"json(<url>)","include_object":true})x");
    EXPECT_EQ(calls[0].repeat, hubsdk::Repeat::kKeyed);
    EXPECT_FALSE(played.last().cursor) << "the host keeps no cursor of an account";
    EXPECT_EQ(
        played.last().result.json,
        R"({"account_ref":"8e122cc56b8fa82d33c6118a","webhook_id":"e44aa283528e6fde7d542199"})");
    ASSERT_EQ(played.observations.size(), 1U);
    EXPECT_EQ(played.observations[0].kind, hubsdk::ObservationKind::kAccount);
    EXPECT_EQ(played.observations[0].account_ref, "8e122cc56b8fa82d33c6118a");
}

TEST(CheckrAccount, ConnectExchangesACodeFirst) {
    const Played played = play(accountCommand("account.connect", R"({"code":"c\"1"})"),
                               {{"POST", "/oauth/tokens", sample("oauth_token.json")},
                                {"POST", "/v1/webhooks", sample("webhook_registered.json"), 201}});
    const auto calls = callsOf(played);
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].path, "/oauth/tokens");
    EXPECT_EQ(calls[0].host, "api.checkr.com");
    EXPECT_EQ(shownHeader(calls[0], "Authorization"), "");
    EXPECT_EQ(calls[0].repeat, hubsdk::Repeat::kNever);
    EXPECT_EQ(
        shown(calls[0].body),
        R"x({"client_id":"client-\"1\"","client_secret":"json(<client_secret>)","code":"c\"1"})x");
    ASSERT_EQ(calls[0].captures.size(), 1U);
    EXPECT_EQ(calls[0].captures[0].at, "/access_token");
    EXPECT_EQ(calls[0].captures[0].into, "api_key");
    EXPECT_EQ(shownHeader(calls[1], "Authorization"), "Basic base64(<api_key>:)");
}

TEST(CheckrAccount, ExchangeNeedsCodeAndClientAndIsNeverRepeated) {
    const Played good = play(accountCommand("auth.exchange", R"({"code":"c1"})"),
                             {{"POST", "/oauth/tokens", sample("oauth_token.json")}});
    EXPECT_EQ(good.last().result.json, R"({"account_ref":"8e122cc56b8fa82d33c6118a"})");
    EXPECT_EQ(errorOf(play(accountCommand("auth.exchange"), {})).error_class,
              ErrorClass::kValidation);
    Command without_client = accountCommand("auth.exchange", R"({"code":"c1"})");
    without_client.account.settings.json = "{}";
    EXPECT_EQ(errorOf(play(without_client, {})).error_class, ErrorClass::kValidation);
    Exchange lost{"POST", "/oauth/tokens", ""};
    lost.lost = true;
    EXPECT_EQ(
        errorOf(play(accountCommand("auth.exchange", R"({"code":"c1"})"), {lost})).error_class,
        ErrorClass::kUncertain);
    const Played refused =
        play(accountCommand("auth.exchange", R"({"code":"c1"})"),
             {{"POST", "/oauth/tokens", R"({"errors":["invalid code","expired"]})", 400}});
    EXPECT_EQ(errorOf(refused).message, "invalid code; expired");
}

TEST(CheckrAccount, DisconnectDeletesOnlyOurWebhook) {
    const Played gone = play(accountCommand("account.disconnect", R"({"webhook_id":"w2"})"),
                             {{"DELETE", "/v1/webhooks/w2", "", 404}});
    EXPECT_EQ(gone.last().action, ActionKind::kDone);
    EXPECT_EQ(gone.last().result.json, R"({"webhook_id":"w2"})");
    const std::string list =
        R"({"data":[{"id":"w3","webhook_url":"https://other.example/"},{"id":"w4",)"
        R"("webhook_url":"https://hub.example/x"}]})";
    const Played by_url =
        play(accountCommand("account.disconnect", R"({"webhook_url":"https://hub.example/x"})"),
             {{"GET", "/v1/webhooks", list}, {"DELETE", "/v1/webhooks/w4", "{}"}});
    EXPECT_EQ(stepsOf(by_url), (Steps{"GET /v1/webhooks", "DELETE /v1/webhooks/w4"}));
    const Played none =
        play(accountCommand("account.disconnect", R"({"webhook_url":"https://hub.example/y"})"),
             {{"GET", "/v1/webhooks", list}});
    EXPECT_EQ(none.last().action, ActionKind::kDone);
}

TEST(CheckrAccount, DisconnectNamesTheParameterThatItNeeds) {
    Command with_cursor = accountCommand("account.disconnect");
    with_cursor.cursor = "w1";
    for (const Command& command : {accountCommand("account.disconnect"), with_cursor}) {
        const auto error = errorOf(play(command, {}));
        EXPECT_EQ(error.error_class, ErrorClass::kValidation);
        EXPECT_TRUE(error.message.starts_with("parameters.webhook_id: is required"))
            << error.message;
    }
}

TEST(CheckrAccount, RevokeIsDoneWhenTheTokenNoLongerWorks) {
    for (const int status : {200, 204, 401}) {
        const Played played =
            play(accountCommand("auth.revoke"), {{"POST", "/oauth/deauthorize", "", status}});
        EXPECT_EQ(played.last().action, ActionKind::kDone) << status;
        EXPECT_EQ(shownHeader(callsOf(played)[0], "Authorization"), "Basic base64(<api_key>:)");
    }
}

// The four forms of an error body, and what is none.
TEST(CheckrErrors, ReadEveryFormOfTheBody) {
    struct Case {
        int status;
        std::string body;
        ErrorClass error_class;
        bool retryable;
        std::string message;
    };
    const std::vector<Case> cases{
        {400, R"({"error":"text"})", ErrorClass::kValidation, false, "text"},
        {400, R"({"error":["a","b",7]})", ErrorClass::kValidation, false, "a; b"},
        {400, R"({"error":{"type":"t","message":"m","param":"p"}})", ErrorClass::kValidation, false,
         "m"},
        {400, R"({"errors":["e"]})", ErrorClass::kValidation, false, "e"},
        {400, "", ErrorClass::kValidation, false, "the vendor answered 400"},
        {401, R"({"error":"Invalid API Key provided: sk_live"})", ErrorClass::kAuth, false,
         "Invalid API Key provided"},
        {409, R"({"error":"DUPLICATE candidate"})", ErrorClass::kConflict, false,
         "DUPLICATE candidate"},
        {409, "", ErrorClass::kConflict, true, "the vendor answered 409"},
        {502, "<html>", ErrorClass::kVendorUnavailable, true, "the vendor answered 502"},
        {501, "", ErrorClass::kVendorUnavailable, true, "the vendor answered 501"},
        {520, "<html>", ErrorClass::kVendorUnavailable, true, "the vendor answered 520"},
        {599, R"({"error":"x"})", ErrorClass::kVendorUnavailable, true, "x"},
    };
    for (const Case& row : cases) {
        SCOPED_TRACE(row.body);
        const Played played =
            play(accountCommand("account.test"), {{"GET", "/v1/packages", row.body, row.status}});
        const auto error = errorOf(played);
        EXPECT_EQ(error.error_class, row.error_class);
        EXPECT_EQ(error.retryable, row.retryable);
        EXPECT_EQ(error.vendor_code, std::to_string(row.status));
        EXPECT_EQ(error.message, row.message);
        EXPECT_EQ(played.last().action, row.retryable ? ActionKind::kAgain : ActionKind::kFailed);
    }
}

TEST(CheckrErrors, ALimitEndsAtItsResetTime) {
    // The entry's time is 2024-01-18T12:34:31Z.
    const std::vector<std::pair<std::string, std::optional<std::int64_t>>> cases{
        {"2024-01-18T12:35:00Z", 29'000},
        {"2024-01-18T12:34:00Z", 1000},
        {"2030-01-01T00:00:00Z", 600'000},
        {"17", std::nullopt},
    };
    for (const auto& [reset, after_ms] : cases) {
        const Played played =
            play(accountCommand("account.test"),
                 {{"GET", "/v1/packages", "", 429, {{"x-ratelimit-reset", reset}}}});
        ASSERT_EQ(played.last().action, ActionKind::kAgain);
        EXPECT_EQ(played.last().again->after_ms, after_ms) << reset;
        EXPECT_EQ(played.last().again->error_class, ErrorClass::kRateLimited);
    }
    const Played both =
        play(accountCommand("account.test"),
             {{"GET",
               "/v1/packages",
               "",
               429,
               {{"Retry-After", "3"}, {"X-Ratelimit-Reset", "2024-01-18T12:35:00Z"}}}});
    EXPECT_EQ(both.last().again->after_ms, 3000);
}

}  // namespace
}  // namespace vendor::checkr
