#include "plugins/checkr/simulator/twin_fixture.hpp"

#include "plugins/checkr/simulator/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

namespace vendor::checkr::simulator {
namespace {

constexpr const char* kCandidate = R"({"email":"waiting@example.com","custom_id":"O-1"})";

Ask createAsk(const std::string& idempotency_key) {
    Ask ask;
    ask.method = "POST";
    ask.target = "/v1/candidates";
    ask.body = kCandidate;
    ask.headers = {{"Idempotency-Key", idempotency_key}};
    return ask;
}

TEST(Api, RefusesAWrongKeyInTheVendorsForm) {
    RunningTwin twin;
    Ask ask;
    ask.target = "/v1/packages";
    ask.key = "invalid";
    const auto reply = twin.call(ask);
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.body, R"({"error":{"type":"invalid_request_error",)"
                          R"("message":"Invalid API Key provided: invalid"}})");
    ask.key.clear();
    EXPECT_EQ(twin.call(ask).status, 401);
    ask.key = "checkr-test-key:password";  // the password must be empty
    EXPECT_EQ(twin.call(ask).status, 401);
}

TEST(Api, ErrorBodiesComeInTheirForms) {
    struct Row {
        std::string target;
        std::string body;
        int status;
        std::string answer;
    };
    const std::vector<Row> rows = {
        {"/v1/candidates", "{}", 400, R"({"error":["email is missing"]})"},
        {"/v1/candidates", R"({"email":"a","dob":"22.1.1970"})", 400,
         R"({"error":["email is invalid","dob is invalid"]})"},
        {"/v1/candidates", R"({"email":"a@b.example","last_name":"Sm<th"})", 400,
         R"({"error":"Name contains invalid characters"})"},
        {"/v1/candidates", "{", 400, R"({"error":"Request body is not valid JSON"})"},
        {"/v1/invitations", "{}", 400,
         R"({"error":["package is missing","candidate_id is missing"]})"},
        {"/v1/invitations", R"({"package":"none","candidate_id":"x"})", 404,
         R"({"error":"Package not found"})"},
        {"/v1/webhooks", R"({"webhook_url":"http://hub.example.com/"})", 400,
         R"({"error":["webhook_url is invalid"]})"},
        {"/oauth/tokens", R"({"client_id":"x"})", 401, R"({"errors":["invalid client"]})"},
        {"/v1/nothing", "{}", 404, R"({"error":"Resource not found"})"},
        {"/v1/packages", "{}", 405, R"({"error":"Method not allowed"})"},
    };
    RunningTwin twin;
    for (const Row& row : rows) {
        SCOPED_TRACE(row.target + " " + row.body);
        const auto reply = twin.post(row.target, row.body);
        EXPECT_EQ(reply.status, row.status);
        EXPECT_EQ(reply.body, row.answer);
    }
}

TEST(Api, ReadsAFormWhereNoContentTypeSaysJson) {
    RunningTwin twin;
    Ask ask;
    ask.method = "POST";
    ask.target = "/v1/candidates";
    ask.body = "email=a%2Bb@example.com&geo_ids[]=x&geo_ids[]=y&first_name=Ann+Marie";
    ask.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    const auto reply = twin.call(ask);
    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(at(reply.body, "/email"), "a+b@example.com");
    EXPECT_EQ(at(reply.body, "/geo_ids/1"), "y");
    EXPECT_EQ(at(reply.body, "/first_name"), "Ann Marie");
}

TEST(Api, PagesWithAnHttpLinkToTheNext) {
    RunningTwin twin;
    const auto first = twin.get("/v1/packages?page=1&per_page=2").body;
    EXPECT_EQ(parsed(first).root()["data"].size(), 2U);
    EXPECT_EQ(at(first, "/count"), "3");
    EXPECT_EQ(at(first, "/next_href"), "http://api.checkr.com/v1/packages?per_page=2&page=2");
    EXPECT_EQ(at(first, "/data/0/price"), "6500");
    EXPECT_EQ(parsed(first).root().pointer("/data/1/price").kind(), hubsdk::JsonKind::kString);
    const auto second = twin.get("/v1/packages?per_page=2&page=2").body;
    EXPECT_EQ(parsed(second).root()["data"].size(), 1U);
    EXPECT_TRUE(parsed(second).root()["next_href"].empty());
    EXPECT_NE(at(second, "/previous_href"), "");
}

TEST(Api, FindsCandidatesByEmailAndCustomId) {
    RunningTwin twin;
    (void)twin.invite("waiting@example.com", "O-1");
    (void)twin.invite("waiting@example.com", "O-2");
    EXPECT_EQ(at(twin.get("/v1/candidates?email=waiting%40example.com").body, "/count"), "2");
    EXPECT_EQ(at(twin.get("/v1/candidates?custom_id=O-2").body, "/data/0/custom_id"), "O-2");
    EXPECT_EQ(at(twin.get("/v1/candidates?custom_id=O-3").body, "/count"), "0");
    EXPECT_EQ(at(twin.get("/v1/invitations?status=pending").body, "/count"), "2");
}

TEST(Api, AThirdEqualCandidateIsADuplicate) {
    RunningTwin twin;
    EXPECT_EQ(twin.post("/v1/candidates", kCandidate).status, 201);
    EXPECT_EQ(twin.post("/v1/candidates", kCandidate).status, 201);
    const auto third = twin.post("/v1/candidates", kCandidate);
    EXPECT_EQ(third.status, 409);
    EXPECT_NE(third.body.find("Duplicate"), std::string::npos);
    EXPECT_EQ(twin.ledger().root()["duplicates_by_custom_id"]["O-1"].asInt64(), 2);
}

TEST(Api, TheSameIdempotencyKeyGivesTheSameAnswer) {
    RunningTwin twin;
    const auto first = twin.call(createAsk("k1"));
    EXPECT_EQ(twin.call(createAsk("k1")).body, first.body);
    EXPECT_NE(twin.call(createAsk("k2")).body, first.body);
    // Only successes are remembered.
    twin.switchTo(R"({"fail_next":{"status":503,"count":1}})");
    EXPECT_EQ(twin.call(createAsk("k1")).status, 503);
    EXPECT_EQ(twin.call(createAsk("k1")).body, first.body);
}

TEST(Api, ALostAnswerWasExecutedOnce) {
    RunningTwin twin;
    twin.switchTo(R"({"lose_reply_next":{"request":"POST /v1/candidates"}})");
    EXPECT_EQ(twin.get("/v1/packages").status, 200);  // another request is not meant
    const auto lost = twin.send(createAsk("k1"));
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().delivery, hub::http::Delivery::kLost);
    EXPECT_EQ(twin.call(createAsk("k1")).status, 201);
    EXPECT_EQ(twin.ledger().root()["candidates"].at(0)["candidates"].asInt64(), 1);
    EXPECT_EQ(twin.ledger().root()["duplicates_by_custom_id"].size(), 0U);
}

TEST(Api, ARequestStillRunningIsAConflict) {
    RunningTwin twin;
    twin.switchTo(R"({"delay_ms":50000})");
    std::promise<void> ended;
    twin.sendLater(createAsk("k1"), [&](const hub::http::SendResult&) { ended.set_value(); });
    // The twin has executed it as soon as the ledger shows the candidate.
    EXPECT_TRUE(twin.waitForLedger("/candidates/0/candidates", 1));
    twin.switchTo(R"({"delay_ms":0})");
    const auto second = twin.call(createAsk("k1"));
    EXPECT_EQ(second.status, 409);
    EXPECT_EQ(at(second.body, "/error"),
              "A request with this Idempotency-Key is still being processed");
    twin.stop();
    ended.get_future().wait();
}

TEST(Api, CountsRequestsPerMinute) {
    RunningTwin twin(R"({"rate_limit_per_minute":2})");
    const auto first = twin.get("/v1/packages");
    EXPECT_EQ(hub::http::find(first.headers, "X-Ratelimit-Limit"), "2");
    EXPECT_EQ(hub::http::find(first.headers, "X-Ratelimit-Remaining"), "1");
    (void)twin.get("/v1/packages");
    const auto third = twin.get("/v1/packages");
    EXPECT_EQ(third.status, 429);
    const auto reset = hub::http::find(third.headers, "X-Ratelimit-Reset");
    ASSERT_TRUE(reset);
    EXPECT_TRUE(reset->ends_with("Z"));
}

TEST(Api, OAuthGivesATokenThatWorksUntilItIsDeauthorized) {
    RunningTwin twin;
    const std::string exchange = R"({"client_id":"checkr-test-client",)"
                                 R"("client_secret":"checkr-test-client-secret","code":"c1"})";
    const auto token = twin.post("/oauth/tokens", exchange).body;
    EXPECT_NE(at(token, "/checkr_account_id"), "");
    EXPECT_EQ(twin.post("/oauth/tokens", exchange).status, 400);  // a code works once
    Ask ask;
    ask.target = "/v1/packages";
    ask.key = at(token, "/access_token");
    EXPECT_EQ(twin.call(ask).status, 200);
    Ask end;
    end.method = "POST";
    end.target = "/oauth/deauthorize";
    end.key = ask.key;
    EXPECT_EQ(twin.call(end).status, 200);
    EXPECT_EQ(twin.call(ask).status, 401);
}

TEST(Api, SwitchesAreKnownByName) {
    RunningTwin twin;
    EXPECT_EQ(twin.post("/_sim/switch", R"({"explode":true})").status, 400);
    EXPECT_EQ(twin.post("/_sim/switch", R"({"drop_percent":101})").status, 400);
    EXPECT_EQ(twin.get("/_sim/nothing").status, 404);
}

TEST(Config, NamesTheMemberThatIsWrong) {
    EXPECT_EQ(readConfig(R"({"pace":1})").error().path, "pace");
    EXPECT_EQ(readConfig(R"({"pace_ms":"fast"})").error().path, "pace_ms");
    EXPECT_FALSE(readConfig("[]"));
    EXPECT_EQ(readConfig(R"({"api_key":["a","b"]})")->api_keys.size(), 2U);
}

}  // namespace
}  // namespace vendor::checkr::simulator
