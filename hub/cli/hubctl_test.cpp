// The commands of hubctl on the hub's own test plugins: arguments, messages, exit codes.
#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>
#include <hubsdk/cpp/json.hpp>

#include "hub/cli/testing/tool_fixture.hpp"
#include "hub/security/digest.hpp"

namespace hub::cli {
namespace {

using plugins::testing::testPlugin;
using ::testing::HasSubstr;
using testing::Ran;

class HubctlTest : public testing::ToolTest {
protected:
    const std::string good_ = testPlugin("trial_good").string();
    const std::string odd_ = testPlugin("trial_odd").string();

    Ran interpret(std::string_view delivery, const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"plugin", "interpret", good_};
        arguments.insert(arguments.end(), more.begin(), more.end());
        arguments.push_back(file("delivery.json", delivery));
        return hubctl(arguments);
    }
    Ran run(std::string_view command, std::string_view script,
            const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"plugin",
                                           "run",
                                           good_,
                                           "--command",
                                           file("command.json", command),
                                           "--script",
                                           file("script.json", script)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return hubctl(arguments);
    }
};

TEST_F(HubctlTest, EveryHelpTextHasAnExample) {
    for (const char* command : {"inspect", "verify", "interpret", "run"}) {
        const Ran ran = hubctl({"plugin", command, "--help"});
        EXPECT_EQ(ran.code, 0);
        EXPECT_THAT(ran.out, HasSubstr(std::string("Example: hubctl plugin ") + command));
    }
    EXPECT_EQ(hubctl({"--help"}).code, 0);
}

// What the help shows as files can be used as they stand.
TEST_F(HubctlTest, TheExampleOfRunRuns) {
    const std::string help = hubctl({"plugin", "run", "--help"}).out;
    const auto shown = [&help](std::string_view from, std::string_view to) {
        const std::size_t start = std::min(help.find(from), help.size());
        return help.substr(start, help.find(to, start) + to.size() - start);
    };
    const Ran ran = hubctl({"plugin", "run", CHECKR, "--command",
                            file("command.json", shown(R"({"command")", "}")), "--script",
                            file("script.json", shown(R"([{"request")", "}]"))});
    EXPECT_EQ(ran.code, 0) << help;
    EXPECT_THAT(ran.out, HasSubstr(R"("vendor_order_id":"1")"));
    EXPECT_EQ(ran.err, "");
}

TEST_F(HubctlTest, WrongUsageIsTwo) {
    EXPECT_EQ(hubctl({}).code, 2);
    EXPECT_EQ(hubctl({"plugin"}).code, 2);
    EXPECT_EQ(hubctl({"plugin", "explode"}).code, 2);
    EXPECT_EQ(hubctl({"plugin", "inspect"}).code, 2);
    EXPECT_EQ(hubctl({"plugin", "inspect", good_, "--yaml"}).code, 2);
    EXPECT_EQ(hubctl({"plugin", "verify", good_, file("d.json", "{}")}).code, 2) << "no secrets";
    EXPECT_EQ(hubctl({"plugin", "run", good_, "--command", file("c.json", "{}"), "--script",
                      file("s.json", "[]"), "--now", "soon"})
                  .code,
              2);
}

TEST_F(HubctlTest, InspectShowsTheManifest) {
    const Ran ran = hubctl({"plugin", "inspect", good_});
    EXPECT_EQ(ran.code, 0) << ran.err;
    for (const char* part :
         {"trial (Trial vendor)", "exports         hub_plugin_entry", "setting         environment",
          "choice: production, staging", "api_key (header; required)", "api.trial.example",
          "*.files.trial.example", "order.refresh", "POST fixed event, claim fixed",
          "report (unique)", "feed            results (every 600000 ms)",
          "rate            100 calls per 60000 ms", "5 calls of /slow… per 1000 ms",
          "timeout         20000 ms", "key lifetime    86400000 ms",
          "largest body    262144 bytes"}) {
        EXPECT_THAT(ran.out, HasSubstr(part));
    }
    const Ran json = hubctl({"plugin", "inspect", "--json", good_});
    const auto document = hubsdk::JsonDocument::parse(json.out.substr(0, json.out.size() - 1));
    ASSERT_TRUE(document.ok()) << json.out;
    EXPECT_EQ(document->root()["manifest"]["vendor"].text(), "trial");
    EXPECT_EQ(document->root()["sha256"].text(),
              security::sha256Hex(plugins::testing::contentOf(good_)));
}

TEST_F(HubctlTest, InspectRefusesWithTheRule) {
    const Ran refused = hubctl({"plugin", "inspect", testPlugin("trial_exports").string()});
    EXPECT_EQ(refused.code, 1);
    EXPECT_EQ(refused.err,
              "hubctl: refused: exports: the file exports more than hub_plugin_entry: "
              "hub_second_name\n");
    EXPECT_EQ(hubctl({"plugin", "inspect", "none.so"}).code, 2);
    EXPECT_EQ(hubctl({"plugin", "inspect", testPlugin("trial_major").string()}).code, 0)
        << "needs no running of the file";
}

TEST_F(HubctlTest, VerifySaysAuthenticOrWhyNot) {
    const std::string body = R"({"a":1})";
    const std::string signature =
        security::hexEncode(security::hmac(security::HashAlg::kSha256, "new", body));
    const auto verify = [&](std::string_view secrets, const std::string& header) {
        std::string delivery = R"({"method":"POST","headers":{"X-Trial-Signature":)" + header +
                               R"(},"body":)" + hubsdk::quoted(body) + "}";
        return hubctl({"plugin", "verify", good_, "--secrets", file("secrets.json", secrets),
                       file("delivery.json", delivery)});
    };
    const std::string good = "\"" + signature + "\"";
    const Ran authentic = verify(R"({"webhook_secret":["old","new"]})", good);
    EXPECT_EQ(authentic.code, 0) << authentic.err;
    EXPECT_EQ(authentic.out, "authentic\n");
    EXPECT_EQ(verify(R"({"webhook_secret":"new"})", good).out, "authentic\n");
    const Ran wrong = verify(R"({"webhook_secret":"other"})", good);
    EXPECT_EQ(wrong.code, 1);
    EXPECT_EQ(wrong.out, "refused: bad_signature\n");
    EXPECT_EQ(verify("{}", good).out, "refused: no_secret\n");
    EXPECT_EQ(verify(R"({"webhook_secret":"new"})", "\"\"").out, "refused: missing_header\n");
    EXPECT_EQ(verify(R"({"webhook_secret":"new"})", "[" + good + "," + good + "]").out,
              "refused: bad_encoding\n");
    EXPECT_EQ(verify(R"({"webhook_secret":5})", good).err,
              says("secrets.json") + "webhook_secret: must be a text or a list of texts\n");
    EXPECT_EQ(verify("[]", good).code, 2);
}

// Everything that the hub would refuse is refused here, with a reason on standard output.
TEST_F(HubctlTest, VerifyRefusesWhatTheHubWouldNotTake) {
    const auto verify = [&](const std::string& plugin, std::string_view delivery) {
        return hubctl({"plugin", "verify", plugin, "--secrets",
                       file("secrets.json", R"({"webhook_secret":"s","api_key":"s"})"),
                       file("delivery.json", delivery)});
    };
    struct Case {
        std::string plugin;
        std::string delivery;
        std::string reason;
        std::string details;
    };
    const std::string fixed = R"("headers":{"X-Token":"s"},"body":""})";
    const std::vector<Case> cases{
        {testPlugin("trial_throws").string(), R"({"body":"x"})", "claim_failed", "claim"},
        {good_, R"({"headers":{"X-Trial-Signature":"aa"},"body":"greedy"})", "not_allowed",
         "proofs[0].secrets"},
        {good_, R"({"method":"GET","path":"/fixed",)" + fixed, "no_route", "GET '/fixed'"},
        {good_, R"({"method":"POST","path":"/other",)" + fixed, "no_route", "POST '/other'"},
        {odd_, R"({"body":"x"})", "no_proof", ""},
    };
    for (const Case& row : cases) {
        const Ran ran = verify(row.plugin, row.delivery);
        EXPECT_EQ(ran.code, 1) << row.delivery;
        EXPECT_EQ(ran.out, "refused: " + row.reason + "\n");
        EXPECT_THAT(ran.err, HasSubstr(row.details));
    }
    EXPECT_EQ(verify(good_, R"({"method":"POST","path":"/fixed",)" + fixed).out, "authentic\n");
}

TEST_F(HubctlTest, VerifyChecksAClaimOfTheManifestAndNotesAHint) {
    const Ran ran = hubctl(
        {"plugin", "verify", good_, "--secrets", file("secrets.json", R"({"webhook_secret":"s"})"),
         "--now", "1767225600",
         file("delivery.json", R"({"path":"/fixed","headers":{"x-token":"s"},"body":"hello"})")});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "authentic\n");
    EXPECT_THAT(ran.err, HasSubstr("as a hint"));
}

TEST_F(HubctlTest, InterpretPrintsAnArrayOfObservations) {
    const Ran ran = interpret(
        R"({"path":"/api/webhooks/trial/abc","headers":{"X-Trial-Signature":"aa","X-Event":"e"},)"
        R"("body_base64":"ci0x"})",
        {"--settings", file("settings.json", R"({"environment":"staging","node":"n"})")});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto document = hubsdk::JsonDocument::parse(ran.out.substr(0, ran.out.size() - 1));
    ASSERT_TRUE(document.ok()) << ran.out;
    const auto told = document->root().at(0);
    EXPECT_EQ(told["vendor_order_id"].text(), "r-1");
    EXPECT_EQ(told["vendor_status"].text(), "staging");
    EXPECT_EQ(hubsdk::toText(told["unmapped"]), R"(["X-Event"])") << "proofs are taken out";
    EXPECT_EQ(ran.err, "trial: info: interpreting with care\n");
}

TEST_F(HubctlTest, InterpretFailsWithOneWhenThePluginFails) {
    const Ran ran = interpret(R"({"body":"throw"})");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(ran.err, "hubctl: the plugin failed (interpret): the plugin's own trouble\n");
    EXPECT_EQ(ran.out, "");
}

TEST_F(HubctlTest, MessagesNameFileAndMember) {
    const auto errorFor = [&](std::string_view delivery) { return interpret(delivery).err; };
    EXPECT_EQ(errorFor(R"({"body":{}})"),
              says("delivery.json") +
                  "body: must be the text that arrived, byte for byte, not a JSON "
                  "value\n");
    EXPECT_EQ(errorFor(R"({"body":"a","body_base64":"YQ=="})"),
              says("delivery.json") + "body_base64: stands beside body; give one of the two\n");
    EXPECT_EQ(errorFor(R"({"body_base64":"!"})"),
              says("delivery.json") + "body_base64: is not base64\n");
    EXPECT_EQ(errorFor(R"({"headers":[]})"),
              says("delivery.json") + "headers: must be an object\n");
    EXPECT_EQ(errorFor(R"({"headers":{"A":{}}})"),
              says("delivery.json") + "headers.A: must be a text or a list of texts\n");
    EXPECT_EQ(errorFor(R"({"method":5})"), says("delivery.json") + "method: must be a text\n");
    EXPECT_EQ(errorFor("[]"), says("delivery.json") + "must be an object\n");
    EXPECT_THAT(errorFor("{"), HasSubstr(says("delivery.json")));
    EXPECT_EQ(interpret("{}", {"--settings", file("settings.json", R"({"environment":"x"})")}).err,
              says("settings.json") + "environment: is none of production, staging\n");
    EXPECT_EQ(interpret("{}", {"--settings", (folder_ / "none.json").string()}).err,
              says("none.json") + "is no file\n");
    for (const char* bad : {"{", "[]", R"({"body":{}})"}) EXPECT_EQ(interpret(bad).code, 2);
}

TEST_F(HubctlTest, APluginThatDoesNotLoadIsBadInput) {
    const Ran ran = hubctl(
        {"plugin", "interpret", testPlugin("trial_major").string(), file("delivery.json", "{}")});
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.err, "hubctl: " + testPlugin("trial_major").string() +
                           ": abi: the plugin was built for ABI 2.0, this hub offers 1.0\n");
}

TEST_F(HubctlTest, RunPrintsOneActionPerLine) {
    const Ran ran =
        run(R"({"command":"order.refresh","vendor_order_id":"r-1",)"
            R"("account":{"settings":{"node":"own"}}})",
            R"([{"request":{"method":"GET","path":"/v1/reports/r-1"},)"
            R"("reply":{"status":200,"body":{"status":"pending"}}}])",
            {"--settings", file("settings.json", R"({"node":"below"})"), "--now", "1767225600"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.err, "");
    ASSERT_EQ(std::ranges::count(ran.out, '\n'), 2) << ran.out;
    const std::size_t end = ran.out.find('\n');
    const auto call = hubsdk::JsonDocument::parse(ran.out.substr(0, end));
    EXPECT_EQ(call->root()["calls"].at(0)["path"].text(), "/v1/reports/r-1");
    const auto last =
        hubsdk::JsonDocument::parse(ran.out.substr(end + 1, ran.out.size() - end - 2));
    EXPECT_EQ(last->root()["action"].text(), "done");
    EXPECT_EQ(last->root()["observations"].at(0)["vendor_status"].text(), "pending");
}

TEST_F(HubctlTest, RunNamesCallsWithoutAReplyAndMissingSettings) {
    const Ran ran = run(R"({"command":"account.test"})", "[]");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr(R"("action":"failed")"));
    EXPECT_EQ(ran.err,
              "hubctl: warning: the setting node is required and not set\n"
              "hubctl: warning: no scripted reply for GET /v1/me; answered with 404\n");
}

TEST_F(HubctlTest, RunEndsWithAgain) {
    const Ran ran = run(R"({"command":"account.test"})",
                        R"([{"request":{"method":"GET","path":"/v1/me"},"reply":{"status":503}}])");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(R"("action":"again")"));
}

TEST_F(HubctlTest, RunRefusesWhatCannotBeACommandOrScript) {
    const auto errorFor = [&](std::string_view command) {
        const Ran ran = run(command, "[]");
        EXPECT_EQ(ran.code, 2);
        return ran.err;
    };
    EXPECT_EQ(errorFor("{}"), says("command.json") + "command: is required\n");
    EXPECT_EQ(errorFor(R"({"command":"order.eat"})"),
              says("command.json") + "command: is no command of this SDK\n");
    EXPECT_EQ(errorFor(R"({"command":"order.submit"})"),
              says("command.json") + "order: is required for order.submit\n");
    EXPECT_EQ(errorFor(R"({"command":"order.refresh"})"),
              says("command.json") + "vendor_order_id: or links is required for order.refresh\n");
    EXPECT_EQ(errorFor(R"({"command":"account.test","account":{"settings":{"x":1}}})"),
              says("command.json") + "account.settings: x: is no setting of trial\n");
    const Ran ran = run(R"({"command":"account.test"})", R"([{"request":{"method":"GET"}}])");
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(ran.err, says("script.json") + "[0].request.path: must begin with '/'\n");
}

TEST_F(HubctlTest, ACommandThatThePluginDoesNotOfferFails) {
    const Ran ran = run(R"({"command":"catalog.list"})", "[]");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr(R"("class":"unsupported")"));
}

TEST_F(HubctlTest, LeavesNoFilesBehind) {
    const auto count = [] {
        std::size_t found = 0;
        for (const auto& entry :
             std::filesystem::directory_iterator(std::filesystem::temp_directory_path())) {
            found += entry.path().filename().string().starts_with("hubctl-") ? 1U : 0U;
        }
        return found;
    };
    ::setenv("TMPDIR", folder_.c_str(), 1);
    EXPECT_EQ(interpret(R"({"body":"x"})").code, 0);
    EXPECT_EQ(interpret(R"({"body":"throw"})").code, 1);
    EXPECT_EQ(count(), 0U);
    ::unsetenv("TMPDIR");
}

}  // namespace
}  // namespace hub::cli
