/// The webhook door over a real database and real plugin files, with a clock that tests move.
#pragma once

#include "hub/ingress/ingress.hpp"
#include "hub/storage/storage_fixture.hpp"

#include <atomic>
#include <future>

namespace hub::ingress::testing {

inline constexpr std::string_view kSecret = "whsec-of-the-connection";

/// What one request of a vendor looks like; a test changes what it is about.
struct Sent {
    std::string vendor = "shape_many_accounts";
    std::string token;
    std::string tail;
    std::string body = R"({"id":"evt_1","type":"paid","account":"acct_1"})";
    std::string secret = std::string(kSecret);
    std::int64_t signed_at_s = storage::kNow / 1000;
    std::vector<http::HeaderField> more_headers;
    bool is_signed = true;
    std::string from = "192.0.2.1";  ///< the sender's address
};

class IngressTest : public storage::StorageTest {
protected:
    IngressTest();
    ~IngressTest() override;

    struct Made {
        std::string id;
        std::string token;
    };
    /// An account of the plugin with kSecret, which the vendor calls `external_ref`.
    Made account(const storage::TenantScope& scope, const std::string& code,
                 const std::optional<std::string>& external_ref = std::nullopt,
                 const std::optional<std::string>& connection_id = std::nullopt,
                 const std::string& plugin_key = "shape_many_accounts");
    void setState(const std::string& account_id, storage::AccountState state);
    /// Another current value of its webhook_secret.
    void addSecret(const std::string& account_id, const std::string& value);
    /// A tenant below another.
    storage::TenantScope tenantBelow(const storage::TenantScope& parent, const std::string& slug);

    static http::Request request(const Sent& sent);
    /// Knocks and waits for the answer.
    http::Response knock(const Sent& sent);
    std::future<http::Response> knockLater(const Sent& sent);
    /// Calls of plugins that have ended.
    std::uint64_t claimsMade() const {
        std::uint64_t sum = 0;
        for (const auto& [labels, calls] : calls_->ended.values()) sum += calls;
        return sum;
    }
    std::int64_t deliveries() { return count("SELECT COUNT(*) FROM inbound_event"); }
    /// One text of the first row; empty for none and for null.
    std::string text(std::string_view sql, std::initializer_list<storage::Value> params = {});

    std::atomic<std::int64_t> now_ = storage::kNow;
    std::atomic<int> flows_changed_ = 0;
    std::vector<std::string> without_endpoint_ = {"shape_many_accounts"};
    std::atomic<std::int64_t> steady_ms_ = 0;  ///< stands still unless a test moves it
    std::shared_ptr<plugins::CallWatch> calls_ = std::make_shared<plugins::CallWatch>();
    std::unique_ptr<storage::Repositories> repositories_;
    std::unique_ptr<plugins::PluginRegistry> plugins_;
    std::unique_ptr<app::WorkPool> work_;
    std::unique_ptr<AnswerDesk> desk_;
    std::unique_ptr<Ingress> ingress_;
    storage::TenantScope scope_ = storage::TenantScope::fromLeasedRow("none");

    /// The door with another deadline for answers, or another rate.
    void openDoor(std::int64_t answer_deadline_ms = kAnswerDeadlineMs,
                  std::int64_t knocks_per_second = kKnocksPerSecond);
};

}  // namespace hub::ingress::testing
