#include "hub/ingress/inbox_worker.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "hub/domain/trail.hpp"
#include "hub/flows/follow.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"
#include "hub/storage/stored_request.hpp"

namespace hub::ingress {
namespace {

using observe::Level;
using storage::Connection;
using storage::WriteQueue;

constexpr std::int64_t kRetryFirstMs = 1'000;
// Where the marks of `follow` begin: behind every observation a delivery may have.
constexpr std::int64_t kFollowOrdinals = 100'000;
constexpr std::int64_t kRetryMaxMs = 10 * 60'000;
// A tenth of the share of the threads that take deliveries, while those want all there is.
constexpr int kNiceness = 10;

std::int64_t retryWait(std::int64_t attempts) {
    const auto doublings = static_cast<int>(std::clamp<std::int64_t>(attempts, 0, 12));
    return std::min(kRetryFirstMs << doublings, kRetryMaxMs);
}

// The vendor's object that a state belongs to; nothing if the observations name none.
std::optional<std::string> subjectOf(const hubsdk::Interpretation& said) {
    if (said.observations.empty()) return std::nullopt;
    const hubsdk::Observation& first = said.observations.front();
    if (first.vendor_order_id) return security::sha256Hex("order\n" + *first.vendor_order_id);
    if (first.links.empty()) return std::nullopt;
    const hubsdk::Link& link = first.links.front();
    return security::sha256Hex("link\n" + link.type + "\n" + link.id);
}

// The same delivery as a row of the account that it is for.
storage::NewDelivery deliveryFor(const storage::Account& account, const storage::Delivery& row,
                                 std::int64_t now_ms) {
    storage::NewDelivery copy;
    copy.id = security::uuid7(now_ms);
    copy.account_id = account.id;
    copy.plugin_key = row.plugin_key;
    copy.transport = row.transport;
    copy.source = row.source;
    copy.connection = row.connection;
    copy.event_type = row.event_type;
    copy.vendor_event_id = row.vendor_event_id;
    copy.dedupe_scope = account.id;
    copy.dedupe_key = row.dedupe_key;
    copy.state_key = row.state_key;
    copy.request = row.request;
    copy.headers = row.headers;
    copy.content_type = row.content_type;
    copy.body = row.body;
    copy.proof = row.proof;
    copy.is_hint = row.is_hint;
    copy.received_at_ms = row.received_at_ms;
    copy.trace_id = row.trace_id;
    return copy;
}

storage::Alert deadAlert(const std::string& delivery_id, const std::string& what) {
    storage::Alert alert;
    alert.alert_type = "delivery_dead";
    alert.severity = "high";
    alert.subject_type = "inbound_event";
    alert.subject_id = delivery_id;
    alert.description = what + " could not be applied.";
    return alert;
}

}  // namespace

struct InboxWorker::Work {
    storage::DeliveryLease lease;
    storage::Delivery row;
    storage::Account account;
    std::shared_ptr<const plugins::Plugin> plugin;
    bool submit_open = false;
    std::optional<std::string> subject = {};  ///< whose state it tells, if it tells only a state

    [[nodiscard]] storage::TenantScope scope() const {
        return storage::TenantScope::fromLeasedRow(lease.tenant_id);
    }
    /// A submit that is under way may still bring in the order that is unknown now.
    [[nodiscard]] bool mayHold(std::int64_t now_ms) const {
        return submit_open && now_ms < row.received_at_ms + kHoldMaxMs;
    }
    [[nodiscard]] flows::Follower follower(std::int64_t ordinal) const {
        return {account, plugin->manifest(), plugin->sha256(),
                row.id + "\n" + std::to_string(ordinal)};
    }
};

void InboxWorker::Progress::note(std::string& reason, std::int64_t ordinal,
                                 const std::string& why) {
    if (reason.empty()) reason = "observation " + std::to_string(ordinal) + ": " + why;
}

InboxWorker::InboxWorker(InboxServices services, std::string owner, std::size_t threads)
    : services_(std::move(services)), owner_(std::move(owner)), thread_count_(threads) {}

InboxWorker::~InboxWorker() { stop(); }

void InboxWorker::start() {
    if (services_.stats != nullptr) services_.stats->threads = thread_count_;
    for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { loop(); });
    keeper_ = std::thread([this] { keepLeases(); });
}

void InboxWorker::wake() {
    {
        const std::lock_guard lock(mutex_);
        ++changes_;
    }
    changed_.notify_all();
}

void InboxWorker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    changed_.notify_all();
    if (keeper_.joinable()) keeper_.join();
}

void InboxWorker::loop() {
    // A vendor waits for its 200; what a delivery means may be read when the processors are free.
    setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        const std::uint64_t seen = changes_;
        lock.unlock();
        const std::size_t rows = runOnce();
        lock.lock();
        if (rows > 0) continue;
        changed_.wait_for(lock, std::chrono::milliseconds(kInboxPollMs),
                          [&] { return stopping_ || changes_ != seen; });
    }
}

std::optional<InboxWorker::Work> InboxWorker::load(const storage::DeliveryLease& lease) const {
    const auto& repositories = services_.repositories;
    return services_.database.read([&](Connection& connection) -> std::optional<Work> {
        const auto scope = storage::TenantScope::fromLeasedRow(lease.tenant_id);
        auto row = repositories.inbox.find(connection, scope, lease.id);
        if (!row || !row->account_id) return std::nullopt;
        auto account = repositories.accounts.find(connection, scope, *row->account_id);
        if (!account) return std::nullopt;
        const bool submit_open =
            repositories.flows.countOpen(connection, scope, account->id, "order.submit") > 0;
        return Work{lease, std::move(*row), std::move(*account), nullptr, submit_open};
    });
}

void InboxWorker::process(const storage::DeliveryLease& lease) {
    auto work = load(lease);
    if (!work) return adopt(lease);
    try {
        interpret(*work);
    } catch (const storage::StorageError&) {
        throw;
    } catch (const std::exception& error) {
        // TM-IN-10: whatever a delivery brings about is counted against it, not against the hub.
        fail(*work, error.what());
    }
}

// A parked delivery that is played again: it goes to the account that has its name by now, which
// may be another tenant's, so as a row of that one; else it is parked again.
void InboxWorker::adopt(const storage::DeliveryLease& lease) {
    const auto& repositories = services_.repositories;
    const auto scope = storage::TenantScope::fromLeasedRow(lease.tenant_id);
    std::optional<storage::Delivery> row;
    std::optional<storage::Account> member;
    services_.database.read([&](Connection& connection) {
        row = repositories.inbox.find(connection, scope, lease.id);
        if (!row || row->account_id || !row->connection || !row->account_ref) return;
        member = repositories.accounts.findOnConnection(connection, scope, *row->connection,
                                                        *row->account_ref);
    });
    if (!row || !row->account_ref) return abandon(lease);
    const std::int64_t now = services_.now_ms();
    const bool found = member && member->state != storage::AccountState::kRetired;
    std::optional<storage::SealedDelivery> sealed;
    if (found) {
        sealed = repositories.inbox.seal(storage::TenantScope::fromLeasedRow(member->tenant_id),
                                         deliveryFor(*member, *row, now));
    }
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        if (!found) return repositories.inbox.park(connection, lease, now);
        repositories.inbox.insertDelivery(connection, *sealed);
        repositories.inbox.markProcessed(connection, lease, now);
    });
    const bool kept = stored(lease, done);
    tally(row->plugin_key, found ? "processed" : "parked");
    observe::log(Level::kInfo, found ? "inbox.adopted" : "inbox.parked",
                 {{"delivery", lease.id},
                  {"account", found ? member->id : std::string("unknown")},
                  {"stored", kept ? "yes" : "no"}});
}

// A delivery that cannot even be read, or ended every process that interpreted it (TM-IN-10).
void InboxWorker::buryUnread(const storage::DeliveryLease& lease, const std::string& why) {
    const std::int64_t now = services_.now_ms();
    const auto scope = storage::TenantScope::fromLeasedRow(lease.tenant_id);
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        services_.repositories.inbox.markDead(connection, lease, why, now);
        domain::raiseAlert({connection, services_.repositories, scope, now},
                           {domain::Actor::kSystem, "", std::nullopt},
                           deadAlert(lease.id, "A delivery"));
    });
    const bool kept = stored(lease, done);
    observe::log(Level::kError, "inbox.dead",
                 {{"delivery", lease.id}, {"why", why}, {"stored", kept ? "yes" : "no"}});
}

void InboxWorker::abandon(const storage::DeliveryLease& lease) {
    const std::int64_t now = services_.now_ms();
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        services_.repositories.inbox.markDead(connection, lease, "its account is gone", now);
    });
    const bool kept = stored(lease, done);
    observe::log(
        Level::kError, "inbox.dead",
        {{"delivery", lease.id}, {"why", "its account is gone"}, {"stored", kept ? "yes" : "no"}});
}

void InboxWorker::interpret(Work& work) {
    const auto& pinned = work.account.pinned_sha256;
    work.plugin = pinned ? services_.plugins.find(work.account.plugin_key, *pinned)
                         : services_.plugins.find(work.account.plugin_key);
    if (!work.plugin) return fail(work, "no plugin " + work.account.plugin_key);
    const auto delivery = storage::deliveryOf(work.row);
    if (!delivery) return fail(work, "the stored request cannot be read");
    auto said = work.plugin->interpret(*delivery, work.account.settings);
    if (!said) return fail(work, "interpret: " + said.error().text());
    for (const hubsdk::Follow& follow : said->follow) {
        auto good = flows::checkFollow(work.plugin->manifest(), follow, work.row.is_hint);
        if (!good) return fail(work, "interpret: " + good.error().text());
    }
    if (work.row.state_key) work.subject = subjectOf(*said);
    apply(work, *said);
}

bool InboxWorker::isCopy(const Work& work) const {
    if (!work.subject) return false;
    return services_.database.read([&](Connection& connection) {
        return services_.repositories.inbox.repeatsNewestState(connection, work.scope(), work.row,
                                                               *work.subject);
    });
}

domain::ApplyContext InboxWorker::contextOf(const Work& work, std::int64_t ordinal,
                                            std::int64_t now) {
    const auto unknown = work.account.unknown_orders == "create" ? domain::UnknownOrder::kCreate
                                                                 : domain::UnknownOrder::kTask;
    return {work.account,
            work.plugin->manifest(),
            domain::Source::kTold,
            work.row.is_hint,
            "delivery",
            work.row.id,
            ordinal,
            std::nullopt,
            now,
            work.mayHold(now) ? domain::UnknownOrder::kHold : unknown,
            work.row.trace_id};
}

// The observation asked for it: of a row of ours, or of something that only the vendor knows.
void InboxWorker::startFetch(Connection& connection, const Work& work,
                             const hubsdk::Observation& observation, const domain::Applied& applied,
                             const domain::ApplyContext& context) const {
    const auto scope = work.scope();
    const auto& repositories = services_.repositories;
    const std::int64_t now = context.fetch_started_ms;
    if (!applied.vendor_order_row_id) {
        hubsdk::Follow follow;
        follow.vendor_order_id = observation.vendor_order_id;
        follow.links = observation.links;
        flows::followObject({connection, repositories, scope, now}, work.follower(context.ordinal),
                            follow);
        return;
    }
    const auto row =
        repositories.vendor_orders.find(connection, scope, *applied.vendor_order_row_id);
    if (!row) return;
    flows::startVendorOrderFlow(
        connection, repositories, scope,
        {"order.refresh", work.account, *row, work.plugin->sha256(), std::nullopt, std::nullopt},
        now);
}

void InboxWorker::applyOne(Work& work, const hubsdk::Observation& observation, std::int64_t ordinal,
                           Progress& progress, bool last) {
    if (const auto& error = observation.error) {
        return Progress::note(error->retryable ? progress.failed : progress.bad, ordinal,
                              domain::wordsOf(*error));
    }
    const std::int64_t now = services_.now_ms();
    const domain::ApplyContext context = contextOf(work, ordinal, now);
    const bool settles = last && progress.good();
    domain::Applied applied;
    bool held = false;
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        applied = domain::applyObservation({connection, services_.repositories, work.scope(), now},
                                           observation, context);
        held = progress.held || applied.outcome == domain::ApplyOutcome::kHeld;
        if (applied.outcome == domain::ApplyOutcome::kFetch) {
            startFetch(connection, work, observation, applied, context);
        }
        // One commit for a delivery of one observation, as most are.
        if (settles) settle(connection, work, held, now);
    });
    if (!done.ok()) return Progress::note(progress.failed, ordinal, done.error().text());
    progress.held = held;
    progress.settled = settles;
    if (services_.stats != nullptr) {
        services_.stats->observations.add(work.account.plugin_key, domain::nameOf(applied.outcome));
        services_.stats->unmapped.add(work.account.plugin_key, "delivery", applied.unmapped);
    }
    observe::log(Level::kInfo, "observation." + std::string(domain::nameOf(applied.outcome)),
                 {{"delivery", work.row.id}, {"account", work.account.id}, {"ordinal", ordinal}});
    if (applied.outcome == domain::ApplyOutcome::kFetch && services_.flows_changed) {
        services_.flows_changed();
    }
}

void InboxWorker::followOne(Work& work, const hubsdk::Follow& follow, std::int64_t ordinal,
                            Progress& progress) {
    const std::int64_t now = services_.now_ms();
    const flows::Follower follower = work.follower(ordinal);
    bool waits = false;
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        const domain::UnitOfWork unit{connection, services_.repositories, work.scope(), now};
        const auto& marks = services_.repositories.observations;
        storage::StoredObservation mark;
        mark.account_id = work.account.id;
        mark.source_kind = "delivery";
        mark.source_id = work.row.id;
        mark.ordinal = ordinal;
        mark.kind = "follow";
        mark.outcome = domain::nameOf(domain::ApplyOutcome::kFetch);
        mark.document = hubsdk::writeShape(follow);
        if (marks.isDone(connection, unit.scope, mark.source_id, mark.ordinal)) return;
        const auto row = flows::followedRow(unit, follower, follow);
        waits = !row && work.mayHold(now);
        if (waits) return;
        if (row) mark.vendor_order_row_id = row->id;
        // TM-IN-2: what proves too little makes us ask about orders of ours only.
        const bool unproven = !row && work.row.is_hint;
        if (unproven) mark.outcome = domain::nameOf(domain::ApplyOutcome::kParked);
        marks.add(connection, unit.scope, mark, now);
        if (unproven) {
            storage::Task task;
            task.kind = "unknown_vendor_order";
            task.subject_type = "inbound_event";
            task.subject_id = work.row.id;
            domain::openTask(
                unit, {domain::Actor::kVendor, work.account.plugin_key, work.row.trace_id}, task);
        } else if (row) {
            flows::followRow(unit, follower, follow.command, *row);
        } else {
            flows::followObject(unit, follower, follow);
        }
    });
    if (!done.ok()) return Progress::note(progress.failed, ordinal, done.error().text());
    progress.held = progress.held || waits;
    if (!waits && services_.flows_changed) services_.flows_changed();
}

void InboxWorker::settle(Connection& connection, const Work& work, bool held,
                         std::int64_t now) const {
    const auto& inbox = services_.repositories.inbox;
    if (work.subject) inbox.setSubject(connection, work.lease, *work.subject);
    if (held) {
        inbox.hold(connection, work.lease, "unknown_order", now + kHoldStepMs, now);
    } else {
        inbox.markProcessed(connection, work.lease, now);
    }
}

// Each observation in its own transaction: of two persons in one delivery, one bad, the other
// counts.
void InboxWorker::apply(Work& work, const hubsdk::Interpretation& said) {
    Progress progress;
    const bool copy = isCopy(work);
    const std::size_t count = copy ? 0 : said.observations.size();
    for (std::size_t i = 0; i < count; ++i) {
        applyOne(work, said.observations[i], static_cast<std::int64_t>(i), progress,
                 i + 1 == count && said.follow.empty());
    }
    for (std::size_t i = 0; i < said.follow.size() && !copy; ++i) {
        followOne(work, said.follow[i], kFollowOrdinals + static_cast<std::int64_t>(i), progress);
    }
    if (!progress.failed.empty()) return fail(work, progress.failed);
    if (!progress.bad.empty() && !progress.held) return bury(work, progress.bad);
    if (!progress.settled) {
        const std::int64_t now = services_.now_ms();
        auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
            settle(connection, work, progress.held, now);
        });
        if (!stored(work.lease, done)) {
            observe::log(Level::kWarning, "inbox.mark_failed",
                         {{"delivery", work.row.id}, {"why", done.error().text()}});
            return;
        }
    }
    tally(work.account.plugin_key, progress.held ? "held" : "processed");
}

void InboxWorker::tally(std::string_view vendor, std::string_view outcome) const {
    if (services_.stats != nullptr) services_.stats->deliveries.add(vendor, outcome);
}

void InboxWorker::fail(const Work& work, const std::string& why) {
    if (work.row.attempts + 1 >= kAttemptsMax) return bury(work, why);
    const std::int64_t now = services_.now_ms();
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        services_.repositories.inbox.markFailed(connection, work.lease, why,
                                                now + retryWait(work.row.attempts), now);
    });
    const bool kept = stored(work.lease, done);
    tally(work.account.plugin_key, "failed");
    observe::log(Level::kWarning, "inbox.failed",
                 {{"delivery", work.row.id}, {"why", why}, {"stored", kept ? "yes" : "no"}});
}

// A dead letter keeps its reason, and somebody is told. What is not applied is not marked as done,
// so that a replay by a plugin that knows better brings it in.
void InboxWorker::bury(const Work& work, const std::string& why) {
    const std::int64_t now = services_.now_ms();
    const auto scope = work.scope();
    const storage::Alert alert = deadAlert(work.row.id, "A delivery of " + work.account.plugin_key);
    auto done = services_.database.write(WriteQueue::kApply, [&](Connection& connection) {
        services_.repositories.inbox.markDead(connection, work.lease, why, now);
        domain::raiseAlert({connection, services_.repositories, scope, now},
                           {domain::Actor::kVendor, work.account.plugin_key, work.row.trace_id},
                           alert);
    });
    const bool kept = stored(work.lease, done);
    tally(work.account.plugin_key, "dead");
    observe::log(Level::kError, "inbox.dead",
                 {{"delivery", work.row.id}, {"why", why}, {"stored", kept ? "yes" : "no"}});
}

}  // namespace hub::ingress
