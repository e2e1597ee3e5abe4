/// Everything the twin remembers, and how it tells about it.
#pragma once

#include "plugins/checkr/simulator/config.hpp"
#include "plugins/checkr/simulator/notifier.hpp"
#include "plugins/checkr/simulator/objects.hpp"
#include "plugins/checkr/simulator/scheduler.hpp"
#include "plugins/checkr/simulator/switches.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

/// An answer of the twin before it goes to the wire.
struct Answer {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
};

/// What became of a request with an Idempotency-Key.
struct Remembered {
    bool running = false;
    std::int64_t until_ms = 0;
    Answer answer;
};

/// Ids in the order of their making, so that maps by id are in order of creation.
template <class T>
using ById = std::map<std::string, T, std::less<>>;

/// What one API key or access token can see.
struct Account {
    std::string id;
    std::string key;
    std::string signing_key;  ///< of its webhooks
    bool partner = false;     ///< made by OAuth
    bool active = true;
    ById<Candidate> candidates;
    ById<Invitation> invitations;
    ById<Report> reports;
    ById<Document> documents;
    ById<Webhook> webhooks;
    std::map<std::string, Remembered> remembered;
    std::int64_t window_ends_ms = 0;  ///< of the rate limit
    std::int64_t window_requests = 0;
};

/// Not synchronised: whoever uses it holds `mutex`. Callbacks of the scheduler take it themselves.
class World {
public:
    /// `scheduler` outlives the world.
    World(Config config, Scheduler& scheduler);

    std::mutex mutex;
    const Config config;
    Switches switches;
    std::vector<std::unique_ptr<Account>> accounts;
    std::int64_t requests = 0;

    [[nodiscard]] std::string nextId();
    [[nodiscard]] static std::int64_t nowMs();
    [[nodiscard]] static std::string now();

    Account& addAccount(std::string key, bool partner);
    /// The account that a key opens, or null.
    [[nodiscard]] Account* accountByKey(std::string_view key);

    /// Tells every webhook of the account. `object` is the whole object, `pointer` what is sent
    /// instead where objects are not included.
    void tell(const Account& account, std::string_view type, std::string_view object,
              std::string_view pointer);
    template <class T>
    void tellOf(const Account& account, std::string_view type, const T& object) {
        tell(account, type, textOf(object), pointerOf(textOf(object)));
    }

    /// Sends given bytes to a URL, signed.
    void deliver(const std::string& url, std::string_view key, std::string body,
                 std::string event_id = {});

    /// `{requests, candidates: [...], ...}` as GET /_sim/ledger answers.
    [[nodiscard]] std::string ledger() const;

    Scheduler& scheduler;
    Notifier notifier;

private:
    [[nodiscard]] static std::string pointerOf(std::string_view object);
    const std::string id_prefix_;
    std::int64_t ids_ = 0;
};

}  // namespace vendor::checkr::simulator
