#include <hubsdk/model/flow.hpp>

#include <gmock/gmock.h>

namespace shape_test {

struct ByCard {
    static constexpr std::string_view kTag = "card";
    std::string number;
};
struct ByBank {
    static constexpr std::string_view kTag = "bank";
    std::string account;
};
struct PayTag {
    static constexpr std::string_view kMember = "kind";
};
using Pay = hubsdk::OneOf<PayTag, ByCard, ByBank>;

struct Everything {
    std::int64_t count = 0;
    double share = 0;
    bool flag = false;
    std::optional<std::string> day;
    hubsdk::Patch<std::string> nick;
    hubsdk::Map<std::int64_t> totals;
    hubsdk::Raw extra;
    std::optional<hubsdk::Body> body;
    std::optional<Pay> pay;
    std::vector<std::string> words;
    std::optional<std::string> when;
    std::optional<std::string> mail;
};

}  // namespace shape_test

template <>
struct hubsdk::Shape<shape_test::ByCard> {
    static constexpr std::string_view kName = "ByCard";
    static constexpr std::string_view kTagMember = shape_test::PayTag::kMember;
    static constexpr auto kFields =
        std::tuple{field("number", &shape_test::ByCard::number, "Card number.", Pii::kRestricted)};
};
template <>
struct hubsdk::Shape<shape_test::ByBank> {
    static constexpr std::string_view kName = "ByBank";
    static constexpr std::string_view kTagMember = shape_test::PayTag::kMember;
    static constexpr auto kFields =
        std::tuple{field("account", &shape_test::ByBank::account, "Account.", lengthMax(5))};
};
template <>
struct hubsdk::Shape<shape_test::Everything> {
    using T = shape_test::Everything;
    static constexpr std::string_view kName = "Everything";
    static constexpr auto kFields =
        std::tuple{field("count", &T::count, "Number."),
                   field("share", &T::share, "Share.", Need::kOptional),
                   field("flag", &T::flag, "Flag."),
                   field("day", &T::day, "Day.", Format::kDate, WhenEmpty::kWriteNull),
                   field("nick", &T::nick, "Nick name."),
                   field("totals", &T::totals, "Totals by key."),
                   field("extra", &T::extra, "Anything."),
                   field("body", &T::body, "Bytes."),
                   field("pay", &T::pay, "How it is paid."),
                   field("words", &T::words, "Words.", lengthMax(2)),
                   field("when", &T::when, "Time.", Format::kTimestamp),
                   field("mail", &T::mail, "E-mail.", Format::kEmail)};
};

namespace hubsdk {
namespace {

using shape_test::Everything;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSsn = "078051120";

std::string problemOf(std::string_view text, const ReadOptions& options = {}) {
    auto value = readShape<Everything>(text, options);
    return value ? "" : value.error().text();
}

constexpr std::string_view kOrder =
    R"({"number":"A-1","package":"basic","applicant":{)"
    R"("first_name":"Ann","email":"ann@example.com","ssn":"078051120",)"
    R"("date_of_birth":"1990-02-28","phone":"+1 555 0100",)"
    R"("address":{"street":"1 Elm","country":"US"},)"
    R"("driver_license":{"number":"D078051120","state":"CA"}}})";

TEST(Shape, ErrorsNameThePathOfTheField) {
    auto order = readShape<Order>(R"({"number":"1","package":"p","applicant":{"email":"nobody"}})");
    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().path, "applicant.email");
    auto missing = readShape<Order>(R"({"number":"1","package":"p","applicant":{}})");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().text(), "applicant.email: is required");
    auto observation = readShape<Observation>(
        R"({"kind":"screening","checks":[{"vendor_check_id":"1","raw_type":"x"},)"
        R"({"vendor_check_id":"2","raw_type":"x"},{"vendor_check_id":"3","raw_type":"x","type":"spell"}]})");
    ASSERT_FALSE(observation);
    EXPECT_EQ(observation.error().path, "checks[2].type");
    auto finding = readShape<Observation>(
        R"({"kind":"screening","checks":[{"vendor_check_id":"1","raw_type":"x","findings":[{}]}]})");
    ASSERT_FALSE(finding);
    EXPECT_EQ(finding.error().path, "checks[0].findings[0].kind");
}

TEST(Shape, ErrorsNeverRepeatTheValue) {
    const std::string text = R"({"number":"1","package":"p","applicant":{"email":"a@b","ssn":")" +
                             std::string(kSsn) + R"(0000000"}})";
    auto order = readShape<Order>(text);
    ASSERT_FALSE(order);
    EXPECT_EQ(order.error().path, "applicant.ssn");
    EXPECT_THAT(order.error().text(), Not(HasSubstr(std::string(kSsn))));
}

struct Refused {
    std::string_view text;
    std::string_view problem;
};

TEST(Shape, RefusesEveryWrongKind) {
    constexpr std::array<Refused, 20> kCases{{
        {R"([])", "must be an object"},
        {R"({})", "count: is required"},
        {R"({"count":null})", "count: must be a whole number"},
        {R"({"count":1.0})", "count: must be a whole number"},
        {R"({"count":"1"})", "count: must be a whole number"},
        {R"({"count":1,"share":"x"})", "share: must be a number"},
        {R"({"count":1,"share":1e999})", "share: must be a number"},
        {R"({"count":1,"flag":1})", "flag: must be true or false"},
        {R"({"count":1,"day":"2023-02-29"})", "day: must be a date YYYY-MM-DD"},
        {R"({"count":1,"day":5})", "day: must be a text"},
        {R"({"count":1,"nick":[]})", "nick: must be a text"},
        {R"({"count":1,"totals":[]})", "totals: must be an object"},
        {R"({"count":1,"totals":{"a":1,"b":"x"}})", "totals.b: must be a whole number"},
        {R"({"count":1,"pay":{"kind":"gold"}})", "pay.kind: names no known kind"},
        {R"({"count":1,"pay":{"account":"1"}})", "pay.kind: names no known kind"},
        {R"({"count":1,"pay":{"kind":"bank","account":"123456"}})",
         "pay.account: is longer than 5 bytes"},
        {R"({"count":1,"words":["a","b","c"]})", "words: has more than 2 items"},
        {R"({"count":1,"words":["a",2]})", "words[1]: must be a text"},
        {R"({"count":1,"when":"2024-01-01T00:00:00"})",
         "when: must be a time YYYY-MM-DDTHH:MM:SSZ"},
        {R"({"count":1,"mail":"a@b@c"})", "mail: must be an e-mail address"},
    }};
    for (const Refused& row : kCases) EXPECT_EQ(problemOf(row.text), row.problem) << row.text;
}

TEST(Shape, SyntaxErrorsAndLimitsOfTheTextPassThrough) {
    auto bad = readShape<Everything>("{");
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::kInvalid);
    JsonLimits limits;
    limits.bytes_max = 3;
    auto large = readShape<Everything>(R"({"count":1})", {}, limits);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, ErrorCode::kTooLarge);
}

TEST(Shape, PatchTellsAbsentNullAndValueApart) {
    auto absent = readShape<Everything>(R"({"count":1})");
    auto null = readShape<Everything>(R"({"count":1,"nick":null})");
    auto value = readShape<Everything>(R"({"count":1,"nick":"Al"})");
    ASSERT_TRUE(absent && null && value);
    EXPECT_TRUE(absent->nick.absent());
    EXPECT_EQ(null->nick.state, Patch<std::string>::State::kNull);
    EXPECT_EQ(null->nick.get(), nullptr);
    EXPECT_FALSE(null->nick.absent());
    ASSERT_NE(value->nick.get(), nullptr);
    EXPECT_EQ(*value->nick.get(), "Al");
    EXPECT_THAT(writeShape(*absent), Not(HasSubstr("nick")));
    EXPECT_THAT(writeShape(*null), HasSubstr(R"("nick":null)"));
    EXPECT_THAT(writeShape(*value), HasSubstr(R"("nick":"Al")"));
}

TEST(Shape, OneOfIsToldApartByItsTag) {
    auto value = readShape<Everything>(R"({"count":1,"pay":{"kind":"bank","account":"77"}})");
    ASSERT_TRUE(value) << value.error().text();
    ASSERT_TRUE(std::holds_alternative<shape_test::ByBank>(value->pay->value));
    EXPECT_THAT(writeShape(*value), HasSubstr(R"("pay":{"kind":"bank","account":"77"})"));
    ReadOptions strict;
    strict.unknown = UnknownMembers::kRefuse;
    EXPECT_EQ(problemOf(R"({"count":1,"pay":{"kind":"card","number":"4"}})", strict), "")
        << "the tag is a known member";
}

TEST(Shape, MapsAreSortedSoThatBytesAreEqual) {
    auto left = readShape<Everything>(R"({"count":1,"totals":{"b":2,"a":1}})");
    auto right = readShape<Everything>(R"({"totals":{"a":1,"b":2},"count":1})");
    ASSERT_TRUE(left && right);
    EXPECT_EQ(writeShape(*left), writeShape(*right));
}

TEST(Shape, RawKeepsTheTextAsItCame) {
    auto value =
        readShape<Everything>(R"({"count":1,"extra":{"n":1.50,"big":12345678901234567890}})");
    ASSERT_TRUE(value);
    EXPECT_EQ(value->extra.json, R"({"n":1.50,"big":12345678901234567890})");
    EXPECT_THAT(writeShape(*value), HasSubstr(value->extra.json));
}

TEST(Shape, BodiesLieBesideTheDocument) {
    const std::string bytes("\x00\xFF\"", 3);
    Everything value;
    value.body = Body{bytes};
    std::vector<std::string_view> blobs;
    const std::string text = writeShape(value, &blobs);
    EXPECT_THAT(text, HasSubstr(R"("body":{"blob":0})"));
    ASSERT_EQ(blobs.size(), 1U);
    ReadOptions options;
    options.blobs = blobs;
    auto again = readShape<Everything>(text, options);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(again->body->bytes.data(), bytes.data()) << "a view, no copy";
    EXPECT_EQ(problemOf(text), "body: names a blob that the call does not carry");
    EXPECT_THAT(problemOf(R"({"count":1,"body":{"blob":-1}})", options), HasSubstr("names a blob"));
    EXPECT_THAT(problemOf(R"({"count":1,"body":"x"})", options), HasSubstr("must be"));
    EXPECT_THAT(writeShape(value), HasSubstr(R"("body":null)"));
}

TEST(Shape, UnknownMembersAreIgnoredOrRefused) {
    constexpr std::string_view kText = R"({"count":1,"surprise":true})";
    EXPECT_EQ(problemOf(kText), "");
    ReadOptions strict;
    strict.unknown = UnknownMembers::kRefuse;
    EXPECT_EQ(problemOf(kText, strict), "surprise: is not a member of Everything");
    auto nested = readShape<Order>(
        R"({"number":"1","package":"p","applicant":{"email":"a@b.c","ssm":"1"}})", strict);
    ASSERT_FALSE(nested);
    EXPECT_EQ(nested.error().path, "applicant.ssm");
}

TEST(Shape, WriteReadWriteGivesEqualBytes) {
    auto order = readShape<Order>(kOrder);
    ASSERT_TRUE(order) << order.error().text();
    const std::string once = writeShape(*order);
    auto again = readShape<Order>(once);
    ASSERT_TRUE(again);
    EXPECT_EQ(writeShape(*again), once);

    Observation observation;
    observation.event.emplace().event_type = "report.completed";
    observation.links.push_back({"report", "r1"});
    observation.checks.emplace_back().raw_type = "county";
    observation.checks[0].findings.emplace_back().severity = Severity::kFelony;
    observation.cost = Money{1250, "USD"};
    observation.error.emplace().message = "no";
    observation.documents.emplace_back().slice.emplace().of = SliceOf::kReply;
    const std::string text = writeShape(observation);
    auto read = readShape<Observation>(text);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(writeShape(*read), text);
    EXPECT_THAT(text, HasSubstr(R"("overall_outcome":null)"));
}

TEST(Shape, ActionsRoundTripWithAllTheirParts) {
    Action action;
    action.action = ActionKind::kCall;
    Call& call = action.calls.emplace_back();
    call.label = "send";
    call.method = "POST";
    call.path = "/x";
    call.host = "vendor.example";
    call.body.push_back(piece::text("a"));
    call.body.push_back(piece::escaped(piece::secret("api_key"), "xml"));
    Pieces key;
    key.push_back(piece::secret("signing"));
    Pieces message;
    message.push_back(piece::stamp("unix"));
    message.push_back(piece::body());
    call.body.push_back(piece::escaped(piece::sign("hmac-sha256", key, message), "hex"));
    const std::string text = writeShape(action);
    auto read = readShape<Action>(text);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(writeShape(*read), text);
    EXPECT_EQ(read->calls[0].body, call.body);
    EXPECT_THAT(secretsIn(call.body), ::testing::ElementsAre("api_key", "signing"));
}

TEST(Shape, APieceIsExactlyOneThing) {
    const auto problem = [](std::string_view json) {
        auto piece = readShape<Piece>(json);
        return piece ? std::string() : piece.error().text();
    };
    EXPECT_EQ(problem(R"("plain")"), "");
    EXPECT_EQ(problem(R"({"of":["a",{"secret":"s"}]})"), "");
    EXPECT_THAT(problem(R"({"text":"a","secret":"b"})"), HasSubstr("exactly one"));
    EXPECT_THAT(problem(R"({"escape":["hex"]})"), HasSubstr("exactly one"));
    EXPECT_THAT(problem(R"(7)"), HasSubstr("must be an object"));
}

TEST(Shape, RedactionShowsNoPersonalText) {
    // TM-LOG
    auto order = readShape<Order>(kOrder);
    ASSERT_TRUE(order);
    const std::string shown = writeRedacted(*order);
    for (const char* secret :
         {"078051120", "Ann", "ann@example.com", "1990-02-28", "1 Elm", "555"}) {
        EXPECT_THAT(shown, Not(HasSubstr(secret)));
    }
    EXPECT_THAT(shown, HasSubstr(R"("number":"A-1")"));
    EXPECT_TRUE(JsonDocument::parse(shown));
}

TEST(Shape, RedactionReachesBodiesHeadersAndRawParts) {
    // TM-LOG
    const std::string ssn(kSsn);
    Action action;
    Call& call = action.calls.emplace_back();
    call.query = "ssn=" + ssn;
    call.body.push_back(piece::text(ssn));
    call.body.push_back(piece::escaped(piece::text(ssn), "xml"));
    Pieces joined;
    joined.push_back(piece::text(ssn));
    call.body.push_back(piece::join(joined));
    call.parts.emplace_back().value = joined;
    action.result.json = "\"" + ssn + "\"";
    action.deliver.emplace_back().text = ssn;
    action.observations.emplace_back().applicant_url.emplace().url = "https://v.example/" + ssn;
    action.next.emplace().parameters.json = "\"" + ssn + "\"";
    action.error.emplace().message = ssn;
    EXPECT_THAT(writeRedacted(action), Not(HasSubstr(ssn)));
    EXPECT_THAT(writeShape(action), HasSubstr(ssn));

    ClaimInput input;
    input.delivery.headers.push_back({"Authorization", "Basic " + ssn});
    input.delivery.query = "ssn=" + ssn;
    input.delivery.body = Body{ssn};
    EXPECT_THAT(writeRedacted(input), Not(HasSubstr(ssn)));

    Everything value;
    value.pay.emplace().value = shape_test::ByCard{ssn};
    EXPECT_THAT(writeRedacted(value), Not(HasSubstr(ssn)));
}

std::vector<std::string> textsOf(Json array) {
    std::vector<std::string> texts;
    for (const auto& item : array.items()) texts.emplace_back(Json(&item).text());
    return texts;
}

TEST(Shape, TheSchemaOfAnOrderListsRequiredAndPersonalMembers) {
    auto schema = JsonDocument::parse(jsonSchema<Order>());
    ASSERT_TRUE(schema) << schema.error().text();
    const Json root = schema->root();
    EXPECT_THAT(textsOf(root["required"]),
                ::testing::ElementsAre("number", "package", "applicant"));
    const Json applicant = root.pointer("/properties/applicant");
    EXPECT_THAT(textsOf(applicant["required"]), ::testing::ElementsAre("email"));
    EXPECT_EQ(applicant.pointer("/properties/ssn/x-pii").asInt64(), 3);
    EXPECT_EQ(applicant.pointer("/properties/first_name/x-pii").asInt64(), 1);
    EXPECT_EQ(applicant.pointer("/properties/email/format").text(), "email");
    EXPECT_EQ(applicant.pointer("/properties/email/maxLength").asInt64(), 255);
    EXPECT_FALSE(root.pointer("/properties/number/x-pii").present());
}

TEST(Shape, TheSchemaOfAnObservationIsComplete) {
    auto schema = JsonDocument::parse(jsonSchema<Observation>());
    ASSERT_TRUE(schema) << schema.error().text();
    const Json root = schema->root();
    EXPECT_THAT(textsOf(root["required"]), ::testing::ElementsAre("kind"));
    EXPECT_EQ(root["properties"].size(), std::tuple_size_v<decltype(Shape<Observation>::kFields)>);
    const Json check = root.pointer("/properties/checks/items");
    EXPECT_THAT(textsOf(check["required"]), ::testing::ElementsAre("vendor_check_id", "raw_type"));
    EXPECT_EQ(root.pointer("/properties/checks/maxItems").asInt64(), 500);
    EXPECT_EQ(check.pointer("/properties/type/anyOf/0/enum").size(), 16U);
}

TEST(Shape, TheSchemaOfAlternativesNamesTheirTags) {
    auto schema = JsonDocument::parse(jsonSchema<Everything>());
    ASSERT_TRUE(schema) << schema.error().text();
    const Json pay = schema->root().pointer("/properties/pay/anyOf/0/oneOf");
    EXPECT_EQ(pay.pointer("/0/properties/kind/const").text(), "card");
    EXPECT_THAT(textsOf(pay.pointer("/1/required")), ::testing::ElementsAre("kind", "account"));
}

}  // namespace
}  // namespace hubsdk
