#include "portal-api/router.hpp"

#include "portal-api/testing/router_fixture.hpp"

#include <future>

#include <gmock/gmock.h>

namespace portal {
namespace {

using hub::http::Request;
using hub::http::Response;
using ::testing::HasSubstr;
using ::testing::Not;

/// The router as the edge calls it, with a key that may do everything but cancel.
class RouterTest : public testing::RouterFixture {
protected:
    Response ask(Request request) {
        auto answered = std::make_shared<std::promise<Response>>();
        auto answer = answered->get_future();
        router_->handle(std::move(request), [answered](Response response) {
            answered->set_value(std::move(response));
        });
        return answer.get();
    }
    Request request(std::string method, const std::string& path, std::string body = {}) const {
        Request made;
        made.method = std::move(method);
        made.path = "/api/v1" + path;
        made.headers.push_back({"Authorization", "Bearer " + key_});
        if (!body.empty()) made.headers.push_back({"Content-Type", "application/json"});
        made.body = std::move(body);
        return made;
    }
    static std::string at(const Response& response, std::string_view pointer) {
        const auto document = hubsdk::JsonDocument::parse(response.body);
        EXPECT_TRUE(document) << response.body;
        return document ? std::string(document->root().pointer(pointer).text()) : "";
    }
    static std::string field(const Response& response) {
        return at(response, "/error/details/0/field");
    }
    static std::string why(const Response& response) {
        return at(response, "/error/details/0/message");
    }

    std::string key_ = keyWith({"provider.manage", "order.create", "order.read"});
};

TEST_F(RouterTest, AMethodThatThePathDoesNotTakeIsToldWithThoseItTakes) {
    const auto answer = ask(request("DELETE", "/orders/x"));
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(hub::http::find(answer.headers, "Allow"), "GET");
    EXPECT_EQ(hub::http::find(answer.headers, "Content-Type"), "application/json");
    EXPECT_EQ(at(answer, "/error/code"), "METHOD_NOT_ALLOWED");
    EXPECT_EQ(at(answer, "/error/message"), "This path takes GET.");
    EXPECT_FALSE(at(answer, "/meta/timestamp").empty());
}

TEST_F(RouterTest, AWrongKeyIsNotSaidToBeMissing) {
    auto without = request("GET", "/orders/x");
    without.headers.clear();
    EXPECT_THAT(at(ask(without), "/error/message"), HasSubstr("required"));
    auto wrong = request("GET", "/orders/x");
    wrong.headers[0].value = "Bearer no-such-key";
    ::testing::internal::CaptureStderr();
    const auto answer = ask(wrong);
    const std::string log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(at(answer, "/error/code"), "UNAUTHENTICATED");
    EXPECT_THAT(at(answer, "/error/message"), HasSubstr("not known"));
    EXPECT_EQ(hub::http::find(answer.headers, "WWW-Authenticate"), "Bearer");
    EXPECT_THAT(log, HasSubstr("portal.key_refused"));
    EXPECT_THAT(log, Not(HasSubstr("no-such-key")));
}

TEST_F(RouterTest, EveryAnswerCarriesTheRequestId) {
    auto named = request("GET", "/orders/x");
    named.headers.push_back({"X-Request-Id", "order-page.7_a"});
    const auto answer = ask(named);
    EXPECT_EQ(hub::http::find(answer.headers, "X-Request-Id"), "order-page.7_a");
    EXPECT_EQ(at(answer, "/meta/requestId"), "order-page.7_a");
    named.headers.back().value = "a b\"c";
    const auto own = ask(named);
    EXPECT_THAT(at(own, "/meta/requestId"), Not(HasSubstr("a b")));
    EXPECT_GE(at(own, "/meta/requestId").size(), 16U);
    const auto good = ask(request("GET", "/admin/flows"));
    EXPECT_EQ(good.status, 200);
    EXPECT_TRUE(hub::http::find(good.headers, "X-Request-Id"));
}

TEST_F(RouterTest, MembersInSnakeCaseAreNoMembers) {
    for (const auto& [body, name] : std::vector<std::pair<std::string, std::string>>{
             {R"({"plugin_key":"x"})", "plugin_key"},
             {R"({"applicant":{"first_name":"x"}})", "applicant.first_name"},
             {R"({"a":[{"b":1},{"c_d":1}]})", "a[1].c_d"}}) {
        const auto answer = ask(request("POST", "/orders", body));
        EXPECT_EQ(answer.status, 422) << body;
        EXPECT_EQ(field(answer), name);
    }
    // The names of settings and secrets are the plugin's.
    const auto free = ask(request("POST", "/providers",
                                  R"({"pluginKey":"none","providerCode":"a","providerName":"a",)"
                                  R"("secrets":{"api_key":"x"},"settings":{"client_id":"x"}})"));
    EXPECT_EQ(field(free), "pluginKey");
    EXPECT_EQ(why(free), "is no plugin of this hub");
}

TEST_F(RouterTest, AnUnknownMemberIsToldWithThoseThereAre) {
    const auto answer = ask(request(
        "POST", "/providers",
        R"({"pluginKey":"none","providerCode":"a","providerName":"a","pluginVersion":"1"})"));
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(field(answer), "pluginVersion");
    EXPECT_THAT(why(answer), HasSubstr("which has pluginKey, providerCode, "));
    const auto below = ask(request(
        "POST", "/orders",
        R"({"providerId":"p","package":"p","applicant":{"email":"a@b.c","forename":"x"}})"));
    EXPECT_EQ(field(below), "applicant.forename");
    EXPECT_THAT(why(below), HasSubstr("firstName"));
}

TEST_F(RouterTest, ParametersThatTheCallDoesNotKnowAreRefused) {
    auto asked = request("GET", "/admin/flows");
    asked.query = "state=done&stat%65s=x";
    const auto answer = ask(asked);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(at(answer, "/error/code"), "VALIDATION_ERROR");
    EXPECT_EQ(field(answer), "states");
    EXPECT_EQ(why(answer), "is no parameter of this call; it takes state, after, limit");
    asked.query = "state=done&limit=3";
    EXPECT_EQ(ask(asked).status, 200);
    auto plain = request("GET", "/admin/breakers");
    plain.query = "x";
    EXPECT_EQ(why(ask(plain)), "is no parameter of this call");
}

TEST_F(RouterTest, WhatIsNoJsonIsToldInASentence) {
    const auto answer = ask(request("POST", "/orders", R"({"providerId": "x",})"));
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(at(answer, "/error/code"), "BAD_REQUEST");
    EXPECT_THAT(at(answer, "/error/message"),
                ::testing::StartsWith("The body cannot be read at byte 1"));
    EXPECT_EQ(field(answer), "");
}

TEST_F(RouterTest, OneOfSeveralPermissionsIsEnough) {
    const PortalServices services{*database_,
                                  *repositories_,
                                  *plugins_,
                                  *vault_,
                                  [] { return 0; },
                                  [](std::string_view, std::string_view) { return std::string(); },
                                  [] {}};
    ApiCall call{services, scope_, "key", {"b"}, {}, "", std::nullopt};
    EXPECT_TRUE(call.may("a|b"));
    EXPECT_TRUE(call.may("b"));
    EXPECT_FALSE(call.may("a|c"));
    EXPECT_FALSE(call.may("a|"));
}

TEST(EdgeErrors, HaveTheEnvelope) {
    const auto answer =
        errorAnswer(edgeError(413, "body over its limit"), AnswerMark{hub::storage::kNow});
    EXPECT_EQ(answer.status, 413);
    EXPECT_THAT(answer.body, HasSubstr(R"("success":false,"error":{"code":"PAYLOAD_TOO_LARGE")"));
    EXPECT_EQ(edgeError(503, "").code, "UNAVAILABLE");
    EXPECT_EQ(edgeError(431, "").code, "BAD_REQUEST");
}

TEST(OwnMistakes, ShowTheRequestIdAndNothingElse) {
    const auto shown =
        apiError(hubsdk::makeError(hubsdk::ErrorCode::kInternal, "table x is missing", "sql"),
                 AnswerMark{0, "abc"});
    EXPECT_EQ(shown.message, "Something went wrong on our side. Report the request id abc.");
    EXPECT_TRUE(shown.details.empty());
}

}  // namespace
}  // namespace portal
