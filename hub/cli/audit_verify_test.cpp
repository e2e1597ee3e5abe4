// hubctl audit verify against a hub that answers what the test says.
#include <atomic>

#include <gmock/gmock.h>

#include "hub/cli/testing/tool_fixture.hpp"
#include "hub/http/server.hpp"
#include "hub/security/key_file.hpp"

namespace hub::cli {
namespace {

using ::testing::HasSubstr;
using testing::Ran;

class AuditVerifyTest : public testing::ToolTest {
protected:
    AuditVerifyTest()
        : server_({}, [this](http::Request request, http::Respond respond) {
              http::Response response;
              const auto turn = static_cast<std::size_t>(asked_++);
              last_body_ = request.body;
              last_key_ = http::find(request.headers, "Authorization").value_or("");
              response.status = status_;
              response.body = turn < answers_.size() ? answers_[turn] : "{}";
              respond(std::move(response));
          }) {
        EXPECT_TRUE(server_.start().ok());
        key_file_ = file("admin.key", "");
        EXPECT_TRUE(
            security::writeKeyFile(key_file_, "the-key", security::KeyFileWrite::kReplace).ok());
    }
    static std::string answer(int checked, int last_seq, bool finished, const std::string& broken) {
        return R"({"data":{"tenants":[{"tenantId":"t1","entriesChecked":)" +
               std::to_string(checked) + R"(,"lastSeq":)" + std::to_string(last_seq) +
               R"(,"finished":)" + (finished ? "true" : "false") + R"(,"firstBreak":)" + broken +
               R"(,"unnumbered":2}]}})";
    }
    Ran verify(const std::string& url) {
        return hubctl({"audit", "verify", "--url", url, "--key-file", key_file_});
    }
    Ran verify() { return verify("http://127.0.0.1:" + std::to_string(server_.port())); }

    std::vector<std::string> answers_;
    int status_ = 200;
    std::atomic<int> asked_ = 0;
    std::string last_body_;
    std::string last_key_;
    std::string key_file_;
    http::Server server_;
};

TEST_F(AuditVerifyTest, GoesThroughTheWholeTrailAndSaysThatItHolds) {
    answers_ = {answer(100, 100, false, "null"), answer(20, 120, true, "null")};
    const Ran ran = verify();
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "tenant t1: holds, 120 entries checked, 2 wait for their number\n");
    EXPECT_EQ(last_body_, R"({"afterSeq":100})");
    EXPECT_EQ(last_key_, "Bearer the-key");
}

TEST_F(AuditVerifyTest, NamesTheFirstBreakAndWhatToDo) {
    answers_ = {answer(5, 5, true, R"({"seq":6,"reason":"missing","text":"It was deleted."})")};
    const Ran ran = verify();
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("tenant t1: BROKEN at entry 6: missing\n  It was deleted."));
    EXPECT_THAT(ran.out, HasSubstr("Keep the database as it is"));
}

TEST_F(AuditVerifyTest, EndsWithTwoIfItCannotAsk) {
    answers_ = {answer(0, 0, false, "null")};
    EXPECT_THAT(verify().err, HasSubstr("does not get to the end"));
    status_ = 401;
    answers_ = {"{}", "{}", "{}"};
    const Ran refused = verify();
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("audit.read"));
    status_ = 500;
    EXPECT_THAT(verify().err, HasSubstr("the hub answered 500"));
    const std::string address = "127.0.0.1:" + std::to_string(server_.port());
    server_.stop(0);
    const Ran unreached = verify();
    EXPECT_EQ(unreached.code, 2);
    EXPECT_THAT(unreached.err, HasSubstr(address));
}

TEST_F(AuditVerifyTest, SendsTheKeyToNobodyInTheClear) {
    const int before = asked_;
    for (const char* url : {"http://hub.example", "http://127.0.0.1.example:80", "ftp://127.0.0.1",
                            "127.0.0.1:8080", "http://127.0.0.1:x", "http://127.0.0.1/api"}) {
        const Ran ran = verify(url);
        EXPECT_EQ(ran.code, 2) << url;
        EXPECT_THAT(ran.err, HasSubstr("--url")) << url;
    }
    EXPECT_EQ(hubctl({"audit", "verify", "--key-file", "none"}).code, 2);
    EXPECT_EQ(hubctl({"audit", "verify"}).code, 2);
    EXPECT_EQ(asked_, before);
}

}  // namespace
}  // namespace hub::cli
