/// Checkr's digital twin: its API, its webhooks and its moods on one loopback port
/// (vendors/checkr.md).
#pragma once

#include "plugins/checkr/simulator/call.hpp"
#include "plugins/checkr/simulator/scheduler.hpp"
#include "plugins/checkr/simulator/world.hpp"

#include "hub/http/message.hpp"
#include "sdk/plugin-api/testing/simulator_host.hpp"

#include <memory>
#include <string>
#include <vector>

namespace hub::http {
class Server;
}

namespace vendor::checkr::simulator {

class Twin : public hubsdk::testing::Simulator {
public:
    Twin();
    ~Twin() override;
    Twin(const Twin&) = delete;
    Twin& operator=(const Twin&) = delete;

    [[nodiscard]] hubsdk::Result<std::uint16_t> start(
        const hubsdk::testing::SimulatorOptions& options) override;
    [[nodiscard]] std::string ledger() const override;
    void stop() override;

private:
    /// An answer with what the gate adds to it.
    struct Reply {
        Answer answer;
        std::vector<hub::http::HeaderField> headers;
        Account* account = nullptr;
        std::string idempotency_key;  ///< set if the answer is to be remembered
    };

    void handle(const hub::http::Request& request, const hub::http::Respond& respond);
    Reply replyTo(const hub::http::Request& request);
    Reply replyToAccount(const hub::http::Request& request, Account& account);
    bool overRate(Account& account, Reply& reply) const;
    Answer callEndpoint(const hub::http::Request& request, Account& account);
    void complete(Reply reply, bool lost, const hub::http::Respond& respond);

    Scheduler scheduler_;
    std::unique_ptr<hub::http::Server> server_;
    std::unique_ptr<World> world_;
};

/// The twin for vendor-sim.
[[nodiscard]] std::unique_ptr<hubsdk::testing::Simulator> makeSimulator();

}  // namespace vendor::checkr::simulator
