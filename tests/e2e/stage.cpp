#include "tests/e2e/stage.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace hub::e2e {
namespace {

std::map<std::string, std::string> withRoutes(std::map<std::string, std::string> settings,
                                              const Twin& twin) {
    settings["outbound.routes"] = twin.routes();
    return settings;
}

}  // namespace

Stage::Stage(const std::map<std::string, std::string>& settings)
    : hub_(withRoutes(settings, twin_)) {
    hub_.set("server.port", std::to_string(hub_.port()));  // the vendor knows this URL
    provider_id_ = hub_.connectCheckr(kApiKey);
    runCommand("account.connect");
}

void Stage::runCommand(const std::string& command) {
    const auto begun = hub_.api("POST", "/providers/" + provider_id_ + "/commands",
                                R"({"command":")" + command + "\"}");
    const std::string id(begun.root().pointer("/data/id").text());
    EXPECT_TRUE(waitFor(30, [&] {
        return hub_.api("GET", "/admin/flows/" + id).root().pointer("/data/state").text() == "done";
    })) << command;
}

std::string Stage::placeOrder(const std::string& name) {
    const auto placed =
        hub_.api("POST", "/orders",
                 R"({"providerId":")" + provider_id_ +
                     R"(","package":"driver_pro","applicant":{"email":")" + name +
                     R"(@example.com","firstName":"John","lastName":"Smith"},)"
                     R"("workLocation":{"country":"US","region":"CA","city":"Oakland"}})");
    const std::string id(placed.root().pointer("/data/id").text());
    EXPECT_NE(id, "") << hubsdk::toText(placed.root());
    return id;
}

hubsdk::JsonDocument Stage::order(const std::string& id) const {
    return hub_.api("GET", "/orders/" + id);
}

std::string Stage::statusOf(const std::string& id) const {
    return std::string(order(id).root().pointer("/data/status").text());
}

hubsdk::JsonDocument Stage::orderIn(const std::string& status, const std::string& id) const {
    EXPECT_TRUE(waitFor(30, [&] { return statusOf(id) == status; }))
        << status << ": " << hubsdk::toText(order(id).root());
    return order(id);
}

void Stage::letHoursPass() {
    ASSERT_EQ(hub_.terminate(), 0);
    const auto driver = storage::makeDriver(hub_.storageUrl());
    auto connection = driver->open(storage::Access::kWrite);
    connection->beginWrite();
    connection->run(
        "UPDATE vendor_order SET next_poll_at = '2020-01-01 00:00:00.000' "
        "WHERE next_poll_at IS NOT NULL",
        {});
    connection->commit();
    connection.reset();
    hub_.start();
}

bool atRest(const RunningHub& hub) {
    StoredRows rows(hub);
    return rows.number(
               "SELECT COUNT(*) FROM inbound_event WHERE status NOT IN "
               "('processed', 'parked', 'dead')") == 0 &&
           rows.number("SELECT COUNT(*) FROM flow WHERE state IN ('running', 'waiting')") == 0;
}

std::vector<std::string> sortedTexts(hubsdk::Json list, std::string_view member) {
    std::vector<std::string> texts;
    for (const auto& item : list.items()) texts.emplace_back(hubsdk::Json(&item)[member].text());
    std::ranges::sort(texts);
    return texts;
}

Ran verifyAudit(const RunningHub& hub) {
    const std::string command =
        std::string(HUB_BUILD_DIR) +
        "/bin/hubctl audit verify --url http://127.0.0.1:" + std::to_string(hub.port()) +
        " --key-file " + hub.dataFolder() + "/admin.key 2>&1";
    Ran ran;
    std::FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 512> buffer{};
    while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr)
        ran.out += buffer.data();
    ran.code = WEXITSTATUS(pclose(pipe));
    return ran;
}

Ran verifyWhenNumbered(const RunningHub& hub) {
    Ran ran;
    for (int i = 0; i < 200; ++i) {
        ran = verifyAudit(hub);
        const bool nothing_yet = ran.out.find(" 0 entries checked") != std::string::npos;
        const bool numbered = ran.out.find(", 0 wait for their number") != std::string::npos;
        if (ran.code != 0 || (numbered && !nothing_yet)) return ran;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return ran;
}

}  // namespace hub::e2e
