/// The webhook door: find the connection, let the plugin name the proof, check it, commit the
/// delivery, answer (architecture section 5). Nothing is answered 200 that is not on disk.
#pragma once

#include "hub/app/work_pool.hpp"
#include "hub/http/message.hpp"
#include "hub/ingress/answer_desk.hpp"
#include "hub/ingress/endpoint_cache.hpp"
#include "hub/ingress/inbox_writer.hpp"
#include "hub/ingress/knock_rate.hpp"
#include "hub/ingress/webhook_path.hpp"
#include "hub/observe/counter.hpp"
#include "hub/plugins/registry.hpp"
#include "hub/security/pieces.hpp"
#include "hub/storage/database.hpp"
#include "hub/storage/repositories.hpp"

#include <functional>
#include <memory>

namespace hub::ingress {

/// How long a vendor waits for the answer to an inbound request (plugin-contract section 4).
inline constexpr std::int64_t kAnswerDeadlineMs = 5'000;
/// Webhooks a second from one address for one vendor (TM-IN-7).
inline constexpr std::int64_t kKnocksPerSecond = 1'000;

/// What the door answered, by vendor: one of these words, or kRefused, a blank and the reason.
namespace door {
inline constexpr std::string_view kStored = "stored";
inline constexpr std::string_view kDuplicate = "duplicate";
inline constexpr std::string_view kAcknowledged = "acknowledged";  ///< a ping that is not kept
inline constexpr std::string_view kUnavailable = "unavailable";
inline constexpr std::string_view kTooMany = "too_many";  ///< over the sender's rate
inline constexpr std::string_view kRefused = "refused";
/// The vendor under which paths are counted that name none of ours.
inline constexpr std::string_view kNobody = "unknown";
}  // namespace door

/// Milliseconds of the steady clock.
[[nodiscard]] std::int64_t steadyNow();

/// Everything outlives the ingress.
struct IngressServices {
    storage::Database& database;
    const storage::Repositories& repositories;
    plugins::PluginRegistry& plugins;
    app::WorkPool& work;
    AnswerDesk& desk;
    std::function<std::int64_t()> now_ms;
    std::function<std::string(std::string_view vendor, std::string_view token)> webhook_url;
    std::function<void()> delivery_stored;  ///< wakes the inbox workers
    std::function<void()> flows_changed;    ///< there may be a flow to lease
    std::int64_t answer_deadline_ms = kAnswerDeadlineMs;
    observe::LabelledCounter* answers = nullptr;  ///< by vendor and word of `door`; may be null
    std::int64_t knocks_per_second = kKnocksPerSecond;
    std::function<std::int64_t()> steady_ms = &steadyNow;
    std::vector<std::string> without_endpoint = {};  ///< vendors whose path needs no endpoint
};

/// Any thread.
class Ingress {
public:
    explicit Ingress(IngressServices services);

    /// Takes one request of the webhook door. Returns at once; answers later from another thread:
    /// 200 after the commit, also for a duplicate; 401 with one and the same body for an unknown
    /// endpoint, a retired account and a refused claim; 4xx if the plugin refuses a proven
    /// delivery; 429 with Retry-After, before anything is looked up, when the sender brings more
    /// than `knocks_per_second` for a vendor; 503 with Retry-After when a bound is reached or the
    /// database is away. An inbound request is answered as its flow says, a repeated one with the
    /// same answer, or with 503 `answer_deadline_ms` after it arrived, or at once if its account is
    /// not enabled.
    void handle(http::Request request, http::Respond respond) const;

    /// The largest body for a path.
    [[nodiscard]] std::size_t bodyBytesMax(std::string_view path) const;

    [[nodiscard]] InboxWriterView writerView() const { return inbox_->view(); }

private:
    struct Knock;
    struct Refusal;
    void count(std::string_view vendor, std::string_view word, std::string_view reason = {}) const;
    void settle(Knock& knock, const hubsdk::Result<void>& done,
                storage::InsertOutcome outcome) const;
    using Answered = std::optional<http::Response>;  ///< an answer ends the way, nothing goes on
    void process(const std::shared_ptr<Knock>& knock) const;
    void check(const std::shared_ptr<Knock>& knock) const;
    [[nodiscard]] std::shared_ptr<const Endpoint> readEndpoint(const Knock& knock,
                                                               std::string_view hash) const;
    Answered findEndpoint(Knock& knock) const;
    Answered readRequest(Knock& knock) const;
    Answered prove(Knock& knock) const;
    [[nodiscard]] std::optional<Refusal> believe(Knock& knock) const;
    Answered acknowledge(Knock& knock) const;
    Answered selectAccount(Knock& knock) const;
    [[nodiscard]] storage::NewDelivery deliveryOf(Knock& knock) const;
    void finish(Knock& knock, const hubsdk::Result<void>& done,
                storage::InsertOutcome outcome) const;
    void storeEvent(const std::shared_ptr<Knock>& knock) const;
    void storeForeign(const std::shared_ptr<Knock>& knock, storage::SealedDelivery sealed) const;
    void storeRequest(const std::shared_ptr<Knock>& knock) const;

    IngressServices services_;
    std::unique_ptr<KnockRate> rate_;
    std::unique_ptr<EndpointCache> endpoints_;
    std::unique_ptr<InboxWriter> inbox_;
};

}  // namespace hub::ingress
