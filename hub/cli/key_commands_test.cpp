// hubctl key against a hub that answers what the test says.
#include <mutex>

#include <gmock/gmock.h>

#include "hub/cli/testing/tool_fixture.hpp"
#include "hub/http/server.hpp"
#include "hub/security/key_file.hpp"

namespace hub::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Ran;

class KeyCommandsTest : public testing::ToolTest {
protected:
    struct Answer {
        int status = 200;
        std::string body;
    };
    KeyCommandsTest()
        : server_({}, [this](http::Request request, const http::Respond& respond) {
              const std::lock_guard lock(mutex_);
              asked_.push_back(request.path + " " + request.body);
              http::Response response;
              response.status = 500;
              if (asked_.size() <= answers_.size()) {
                  response.status = answers_[asked_.size() - 1].status;
                  response.body = answers_[asked_.size() - 1].body;
              }
              respond(std::move(response));
          }) {
        EXPECT_TRUE(server_.start().ok());
        key_file_ = file("admin.key", "");
        EXPECT_TRUE(
            security::writeKeyFile(key_file_, "the-key", security::KeyFileWrite::kReplace).ok());
    }
    static Answer reseal(int values, int column, const std::string& after, bool finished) {
        return {200, R"({"data":{"activeKeyId":"k2","resealed":)" + std::to_string(values) +
                         R"(,"column":)" + std::to_string(column) + R"(,"afterRow":")" + after +
                         R"(","finished":)" + (finished ? "true" : "false") + "}}"};
    }
    Ran key(std::vector<std::string> words) {
        words.insert(words.begin(), "key");
        words.insert(words.end(), {"--url", "http://127.0.0.1:" + std::to_string(server_.port()),
                                   "--key-file", key_file_});
        return hubctl(words);
    }

    std::mutex mutex_;
    std::vector<Answer> answers_;     ///< guarded by mutex_
    std::vector<std::string> asked_;  ///< guarded by mutex_
    std::string key_file_;
    http::Server server_;
};

TEST_F(KeyCommandsTest, RotatesAndSealsToTheEnd) {
    answers_ = {{200, R"({"data":{"activeKeyId":"k2","keyIds":["k1","k2"]}})"},
                reseal(320, 1, "row-7", false),
                reseal(11, 9, "", true),
                reseal(0, 9, "", true)};
    const Ran ran = key({"rotate"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("new master key k2\nsealed 331 values with k2\n"));
    EXPECT_THAT(asked_, ElementsAre("/api/v1/admin/keys/rotate {}", "/api/v1/admin/keys/reseal {}",
                                    R"(/api/v1/admin/keys/reseal {"column":1,"afterRow":"row-7"})",
                                    "/api/v1/admin/keys/reseal {}"));
}

TEST_F(KeyCommandsTest, ResumesWithoutAnotherKey) {
    answers_ = {reseal(3, 9, "", true), reseal(0, 9, "", true)};
    const Ran ran = key({"rotate", "--resume"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(asked_,
                ElementsAre("/api/v1/admin/keys/reseal {}", "/api/v1/admin/keys/reseal {}"));
}

TEST_F(KeyCommandsTest, SaysWhyTheHubRefuses) {
    answers_ = {{409, R"({"error":{"code":"CONFLICT","message":"finish the rotation before"}})"}};
    const Ran ran = key({"retire"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("finish the rotation before"));
}

TEST_F(KeyCommandsTest, EndsWithTwoIfItCannotAsk) {
    answers_ = {{403, "{}"}};
    const Ran ran = key({"retire"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("plugin.manage"));
    EXPECT_EQ(key({"rotate"}).code, 2) << "500";
}

}  // namespace
}  // namespace hub::cli
