#include <gmock/gmock.h>
#include <set>

#include <hubsdk/cpp/text.hpp>

#include "hub/security/pieces.hpp"
#include "tests/shapes/shape_fixture.hpp"

namespace shapes {
namespace {

using namespace hubsdk;
using hub::security::assemble;
using hub::security::PieceContext;
using hub::security::SecretValues;
using ::testing::HasSubstr;
using ::testing::Not;

class OutboundShapes : public ShapeTest {
protected:
    [[nodiscard]] std::string assembled(const Pieces& pieces) {
        PieceContext context;
        context.secrets = &secrets_;
        context.at_ms = at_ms_;
        return expected(assemble(pieces, context));
    }
    SecretValues secrets_;
    std::int64_t at_ms_ = 1'440'938'160'000;  // 2015-08-30T12:36:00Z, the time of the AWS vectors
};

const Pieces& headerOf(const Call& call, std::string_view name) {
    static const Pieces kNone;
    for (const PieceHeader& header : call.headers) {
        if (equalNoCase(header.name, name)) return header.value;
    }
    return kNone;
}

Command submitOf(std::string number) {
    Command command = commandOf("order.submit");
    command.order.emplace().number = std::move(number);
    command.order->package = "basic";
    command.order->applicant.email = "ann@example.com";
    return command;
}

TEST_F(OutboundShapes, CredentialsStandInTheXmlBody) {
    load("xml_credentials");
    const auto played = play(submitOf("A<1"),
                             {exchange("POST", "/gateway", "<Reply><OrderId>7</OrderId></Reply>")});
    ASSERT_EQ(played.last().action, ActionKind::kDone) << writeShape(played.last());
    ASSERT_EQ(played.observations.size(), 1U);
    EXPECT_EQ(played.observations[0].vendor_order_id, "7");
    const Call& call = played.actions.at(0).calls.at(0);
    EXPECT_THAT(secretsIn(call.body), ::testing::ElementsAre("user", "password"));
    secrets_ = {{"user", {"hub"}}, {"password", {"a<b&\"c\""}}};
    EXPECT_EQ(assembled(call.body),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Order><User>hub</User>"
              "<Password>a&lt;b&amp;&quot;c&quot;</Password><Reference>A&lt;1</Reference>"
              "<Package>basic</Package></Order>");
}

TEST_F(OutboundShapes, AnXmlAnswerThatIsHostileOrEmptyFailsTheFlow) {
    load("xml_credentials");
    const auto expect = [&](const std::string& body, ErrorClass error_class) {
        const auto played = play(submitOf("A"), {exchange("POST", "/gateway", body)});
        ASSERT_EQ(played.last().action, ActionKind::kFailed) << body;
        EXPECT_EQ(played.last().error->error_class, error_class) << body;
    };
    expect("<!DOCTYPE r [<!ENTITY x \"y\">]><Reply><OrderId>&x;</OrderId></Reply>",
           ErrorClass::kUnsafeXml);
    for (const char* body : {"<Reply/>", "<Reply>", ""}) expect(body, ErrorClass::kSchema);
}

TEST_F(OutboundShapes, ASignedRequestGivesThePublishedVector) {
    // AWS Signature Version 4 test suite, "get-vanilla".
    load("signed_request");
    settings_ = R"({"access_key_id":"AKIDEXAMPLE","region":"us-east-1"})";
    const auto played = play(commandOf("account.test"), {exchange("GET", "/", "")});
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    const Call& call = played.actions.at(0).calls.at(0);
    secrets_["secret_key"] = {"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
    EXPECT_EQ(assembled(headerOf(call, "X-Amz-Date")), "20150830T123600Z");
    EXPECT_EQ(assembled(headerOf(call, "Authorization")),
              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
              "SignedHeaders=host;x-amz-date, "
              "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    EXPECT_THAT(writeShape(played.actions[0]), Not(HasSubstr("wJalr")));
}

constexpr std::string_view kTokens =
    R"({"token_type":"Bearer","access_token":"at-2","refresh_token":"rt-2","expires_in":3600})";

TEST_F(OutboundShapes, TokensAreCapturedAndTheRefreshTokenRotates) {
    load("oauth_refresh");
    settings_ = R"({"client_id":"hub&co"})";
    const auto played =
        play(commandOf("auth.token"), {exchange("POST", "/oauth/token", std::string(kTokens))});
    ASSERT_EQ(played.last().action, ActionKind::kDone);
    EXPECT_EQ(played.last().result.json, R"({"token_type":"Bearer"})");
    const Call& call = played.actions.at(0).calls.at(0);
    EXPECT_EQ(call.host, "login.vendor.example");
    EXPECT_TRUE(headerOf(call, "Authorization").empty()) << "the old token is not sent";
    ASSERT_EQ(call.captures.size(), 2U);
    EXPECT_EQ(call.captures[0].into, "access_token");
    EXPECT_EQ(call.captures[0].expires, "/expires_in");
    EXPECT_EQ(call.captures[1].into, "refresh_token");
    EXPECT_EQ(call.captures[1].mode, "replace");
    ASSERT_EQ(played.captured.size(), 2U);
    EXPECT_EQ(played.captured[1].second, "rt-2");
    // The next refresh sends what the last one captured.
    secrets_ = {{"client_secret", {"s+1"}},
                {played.captured[1].first, {played.captured[1].second}}};
    EXPECT_EQ(assembled(call.body),
              "grant_type=refresh_token&client_id=hub%26co&client_secret=s%2B1&refresh_token=rt-2");
    secrets_ = {{played.captured[0].first, {played.captured[0].second}}};
    const auto tested = play(commandOf("account.test"), {exchange("GET", "/v1/me", "{}")});
    EXPECT_EQ(assembled(headerOf(tested.actions.at(0).calls.at(0), "Authorization")),
              "Bearer at-2");
}

TEST_F(OutboundShapes, NoTokenReachesThePlugin) {
    // TM-PLG-4
    load("oauth_refresh");
    settings_ = R"({"client_id":"hub"})";
    std::string seen;
    const auto advance = [&](const AdvanceInput& input) {
        std::vector<std::string_view> blobs;
        seen += writeShape(input, &blobs);
        for (const std::string_view blob : blobs) seen += blob;
        return plugin().advance(input);
    };
    hubsdk::testing::ScriptedTransport transport(
        advance, {exchange("POST", "/oauth/token", std::string(kTokens))});
    Command command = commandOf("auth.token");
    command.account.settings.json = settings_;
    const auto played = expected(transport.play(std::move(command)));
    EXPECT_EQ(played.last().action, ActionKind::kDone);
    EXPECT_THAT(seen, Not(HasSubstr("at-2")));
    EXPECT_THAT(seen, Not(HasSubstr("rt-2")));
    EXPECT_THAT(seen, HasSubstr("Bearer"));
}

TEST_F(OutboundShapes, ARefreshTokenThatIsNotTakenNeedsAPerson) {
    load("oauth_refresh");
    const auto played =
        play(commandOf("auth.token"),
             {exchange("POST", "/oauth/token", R"({"error":"invalid_grant"})", 400)});
    EXPECT_EQ(played.last().error->error_class, ErrorClass::kAuth);
    EXPECT_TRUE(played.captured.empty());
}

TEST_F(OutboundShapes, TwoHundredPagesAreTwoHundredLegs) {
    load("paged_list");
    constexpr int kPages = 200;
    std::vector<hubsdk::testing::ScriptedReply> script;
    for (int page = 1; page <= kPages; ++page) {
        const std::string number = std::to_string(page);
        std::string answer = R"({"reports":[{"id":"r)" + number;
        answer += R"(","status":"complete"}],"next":)";
        answer += page < kPages ? hubsdk::quoted(std::to_string(page + 1)) : "null";
        answer += '}';
        script.push_back(exchange("GET", "/v1/reports", answer));
    }
    const auto played = play(commandOf("feed.sync"), std::move(script));
    ASSERT_EQ(played.actions.size(), 2U * kPages);
    EXPECT_EQ(played.last().action, ActionKind::kDone);
    EXPECT_EQ(played.actions.at(2 * kPages - 2).calls.at(0).query, "cursor=200");
    EXPECT_EQ(played.actions.at(2 * kPages - 3).next->leg, kPages - 1);
    std::set<std::string> ids;
    for (const Observation& each : played.observations) ids.insert(*each.vendor_order_id);
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(kPages));
    EXPECT_EQ(played.observations.size(), static_cast<std::size_t>(kPages));
}

// Every 1,000th row is bad, each in its own way.
std::string recordFile(int rows) {
    constexpr std::array<std::string_view, 5> kBad{"only", ",2026-01-01,done", "r,2026-02-30,done",
                                                   "r,01/01/2026,done", "a,b,c,d"};
    std::string file = "id,date,status\r\n";
    for (int row = 1; row <= rows; ++row) {
        const std::string number = std::to_string(row);
        file += row % 1000 == 0
                    ? std::string(kBad[static_cast<std::size_t>(row / 1000) % kBad.size()]) + number
                    : "r" + number + ",2026-01-01,done";
        file += row == rows ? "" : "\r\n";
    }
    return file;
}

TEST_F(OutboundShapes, TenThousandRecordsAreDeliveredInSlices) {
    load("record_file");
    constexpr int kRows = 10'000;
    const std::string file = recordFile(kRows);
    hubsdk::testing::ScriptedReply reply = exchange("GET", "/results.csv", file);
    reply.headers.push_back({"X-Next", "20260102"});
    const auto played = play(commandOf("feed.sync"), {reply});
    ASSERT_EQ(played.last().action, ActionKind::kDone) << writeShape(played.last().error);
    ASSERT_EQ(played.deliveries.size(), static_cast<std::size_t>(kRows)) << "bad rows are not lost";
    EXPECT_EQ(played.last().cursor, "20260102");

    std::set<std::string> keys;
    std::set<std::string> reports;
    int bad = 0;
    for (const Deliver& deliver : played.deliveries) {
        keys.insert(deliver.event_key);
        PieceContext context;
        const std::string_view body = file;
        context.reply = [&](std::string_view label) { return label == "file" ? &body : nullptr; };
        std::string decoded;
        Delivery delivery = deliveryOf(hub::security::sliceBytes(*deliver.slice, context, decoded));
        delivery.source = deliver.source;
        const auto said = expected(plugin().interpret(delivery, "{}")).observations;
        ASSERT_EQ(said.size(), 1U);
        if (said[0].error) {
            ++bad;
            EXPECT_EQ(said[0].error->error_class, ErrorClass::kSchema);
        } else {
            reports.insert(said[0].links.at(0).id);
        }
    }
    EXPECT_EQ(keys.size(), static_cast<std::size_t>(kRows));
    EXPECT_EQ(played.last().result.json, R"({"bad":)" + std::to_string(bad) + "}");
    EXPECT_EQ(reports.size() + static_cast<std::size_t>(bad), static_cast<std::size_t>(kRows));
    EXPECT_EQ(bad, 10);
}

TEST_F(OutboundShapes, AnEmptyFileEndsWell) {
    load("record_file");
    for (const std::string file : {"", "id,date,status", "id,date,status\n\n\n"}) {
        const auto played = play(commandOf("feed.sync"), {exchange("GET", "/results.csv", file)});
        EXPECT_EQ(played.last().result.json, R"({"bad":0})");
        EXPECT_TRUE(played.deliveries.empty());
    }
}

Command reportOf(std::string id) {
    Command command = commandOf("order.report");
    command.vendor_order_id = std::move(id);
    return command;
}

TEST_F(OutboundShapes, APdfIsDownloadedBareIntoABlob) {
    load("report_pdf");
    hubsdk::testing::ScriptedReply pdf = exchange("GET", "/r/1.pdf", std::string("%PDF\0\xFF", 6));
    pdf.headers.push_back({"Content-Type", "application/pdf"});
    const auto played = play(
        reportOf("r1"), {exchange("GET", "/v1/reports/r1",
                                  R"({"pdf_url":"https://eu.files.example/r/1.pdf?sig=x%2By"})"),
                         pdf});
    ASSERT_EQ(played.last().action, ActionKind::kDone) << writeShape(played.last().error);
    const Call& call = played.actions.at(1).calls.at(0);
    EXPECT_EQ(call.host, "eu.files.example");
    EXPECT_EQ(call.query, "sig=x%2By");
    EXPECT_EQ(call.credentials, "none");
    EXPECT_EQ(call.to, "blob");
    const ObservedDocument& document = played.observations.at(0).documents.at(0);
    EXPECT_EQ(document.blob_id, "blob-file");
    EXPECT_FALSE(document.slice.has_value());
}

TEST_F(OutboundShapes, APdfIsCutAsBase64OutOfXml) {
    load("report_pdf");
    settings_ = R"({"report":"xml"})";
    const std::string pdf("%PDF\0\xFF", 6);
    const std::string body = "<Report><Id>r1</Id><Pdf>" + base64Encoded(pdf) + "</Pdf></Report>";
    const auto played = play(reportOf("r1"), {exchange("GET", "/v1/reports/r1.xml", body)});
    const ObservedDocument& document = played.observations.at(0).documents.at(0);
    ASSERT_TRUE(document.slice.has_value());
    EXPECT_EQ(document.decode, "base64");
    PieceContext context;
    const std::string_view view = body;
    context.reply = [&](std::string_view label) { return label == "xml" ? &view : nullptr; };
    std::string decoded;
    EXPECT_EQ(base64Decoded(hub::security::sliceBytes(*document.slice, context, decoded)), pdf);
}

TEST_F(OutboundShapes, AnXmlReportWithoutAFileFailsTheFlow) {
    load("report_pdf");
    settings_ = R"({"report":"xml"})";
    for (const std::string body : {"<Report/>", "<Report><Pdf>AAAA</Report>", ""}) {
        const auto played = play(reportOf("r1"), {exchange("GET", "/v1/reports/r1.xml", body)});
        EXPECT_EQ(played.last().error->error_class, ErrorClass::kSchema) << body;
    }
}

}  // namespace
}  // namespace shapes
