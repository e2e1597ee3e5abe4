/// The relay: numbers committed audit entries (per tenant, hash-chained) and outbox events (over
/// all), gap-free and in the order in which it sees them (docs/adr/0010, 0016).
#pragma once

#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace hub::outbox {

inline constexpr std::string_view kRelayLeaseName = "numbering";
/// A row is numbered within a second of its commit; an idle relay looks this often.
inline constexpr std::int64_t kRelayPollMs = 250;
/// What a dead relay had leased is taken over after this; it is renewed at half of it.
inline constexpr std::int64_t kRelayLeaseMs = 10'000;
/// Rows in one transaction: enough to share a flush, few enough for a short wait of the others.
inline constexpr int kRelayRowsMax = 256;
inline constexpr int kRelayTenantsMax = 64;
/// A tenant's newest number and hash go into the log this often, where no database can change them.
inline constexpr std::int64_t kAnchorEveryMs = std::int64_t{3600} * 1000;
/// Passes at stop; what is left then is numbered by the next relay.
inline constexpr int kFlushPassesMax = 400;

/// Everything outlives the relay.
struct RelayServices {
    storage::Database& database;
    const storage::Repositories& repositories;
    std::function<std::int64_t()> now_ms;
};

/// What one pass did.
struct RelayPass {
    bool is_leader = false;
    std::int64_t entries = 0;
    std::int64_t events = 0;
    std::int64_t failed_tenants = 0;  ///< their chain needs a person
    bool more = false;                ///< a batch was full
};

/// Any number of nodes run one each; the lease lets one of them work. start and stop from the
/// owner, once each; runOnce from one thread at a time.
class Relay {
public:
    Relay(RelayServices services, std::string owner);
    /// Like stop().
    ~Relay();
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    void start();
    /// Numbers what is committed by now, gives the lease back, ends the thread. Idempotent.
    void stop();

    /// Takes or keeps the lease and numbers one batch. Never throws; failures are logged and the
    /// next pass tries again.
    RelayPass runOnce();

private:
    void loop();
    bool holdLease();
    std::int64_t numberTenant(const std::string& tenant_id);
    bool numberEvents(RelayPass& pass);
    void anchor(const std::string& tenant_id);
    void release();

    RelayServices services_;
    std::string owner_;
    std::optional<storage::RelayLease> lease_;
    std::map<std::string, std::int64_t> anchored_at_ms_;  ///< by tenant
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stopping_ = false;  ///< guarded by mutex_
    std::thread thread_;
};

}  // namespace hub::outbox
