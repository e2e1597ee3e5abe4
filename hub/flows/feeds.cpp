#include "hub/flows/feeds.hpp"

#include <algorithm>

#include "hub/domain/trail.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::flows {
namespace {

using storage::Connection;

constexpr int kDoublingsMax = 10;

std::int64_t backoffMs(const storage::FeedState& state) {
    const auto doublings =
        static_cast<int>(std::clamp<std::int64_t>(state.failures - 1, 0, kDoublingsMax));
    return std::min(state.interval_ms << doublings, std::max(state.interval_ms, kFeedBackoffMaxMs));
}

void alertFailure(const domain::UnitOfWork& unit, const SubjectEnd& end,
                  const storage::FeedState& state) {
    storage::Alert alert;
    alert.alert_type = "feed_failed";
    alert.severity = "high";
    alert.subject_type = kFeedSubject;
    alert.subject_id = state.id;
    // One alert a row of failures: after a success the next failure is news again.
    alert.dedupe_key = security::sha256Hex("feed_failed\n" + state.id + "\n" +
                                           std::to_string(state.last_done_at_ms.value_or(0)));
    alert.description = "The feed " + state.feed + " of " + end.account.provider_code +
                        " cannot be read: " + state.last_error.value_or("");
    domain::raiseAlert(unit, {domain::Actor::kSystem, end.account.plugin_key, std::nullopt}, alert);
}

// The states of feeds that the manifest names and nobody has begun to read.
void addMissing(const FlowServices& services, std::int64_t now_ms) {
    for (const auto& plugin : services.plugins.list()) {
        for (const hubsdk::FeedRule& feed : plugin->manifest().feeds) {
            const auto accounts = services.database.read([&](Connection& connection) {
                return services.repositories.feeds.without(
                    connection, storage::SystemScope::forWorker(), plugin->manifest().vendor,
                    feed.name, kFeedRowsMax);
            });
            for (const storage::FeedlessAccount& account : accounts) {
                auto made = services.database.write(
                    storage::WriteQueue::kFlow, [&](Connection& connection) {
                        services.repositories.feeds.of(
                            connection, storage::TenantScope::fromLeasedRow(account.tenant_id),
                            account.account_id, feed.name, feed.interval_ms, now_ms);
                    });
                if (!made.ok())
                    observe::log(observe::Level::kWarning, "feed.add_failed",
                                 {{"account", account.account_id}, {"why", made.error().text()}});
            }
        }
    }
}

// False if another node took the turn, or the feed cannot be read now.
bool startDue(const FlowServices& services, Connection& connection, const storage::DueFeed& due,
              std::int64_t now_ms) {
    const auto scope = storage::TenantScope::fromLeasedRow(due.tenant_id);
    const auto& repositories = services.repositories;
    const domain::UnitOfWork unit{connection, repositories, scope, now_ms};
    const auto state = repositories.feeds.find(connection, scope, due.id);
    const auto account = repositories.accounts.find(connection, scope, due.account_id);
    if (!state || !account || state->next_at_ms > now_ms) return false;
    if (!repositories.feeds.takeTurn(connection, scope, state->id, state->next_at_ms,
                                     now_ms + state->interval_ms, now_ms))
        return false;
    const auto plugin = services.plugins.find(account->plugin_key);
    if (!plugin || account->state != storage::AccountState::kEnabled) return false;
    const auto rule = feedOf(plugin->manifest(), state->feed, "feed");
    if (!rule) return false;  // an older version had it
    startFeedFlow(unit, *account, *plugin, *rule);
    return true;
}

}  // namespace

hubsdk::Result<hubsdk::FeedRule> feedOf(const hubsdk::Manifest& manifest, std::string_view name,
                                        std::string field) {
    const auto rule = std::ranges::find(manifest.feeds, name, &hubsdk::FeedRule::name);
    if (rule != manifest.feeds.end()) return *rule;
    std::string all;
    for (const hubsdk::FeedRule& feed : manifest.feeds)
        all.append(all.empty() ? "" : ", ").append(feed.name);
    return hubsdk::makeError(
        hubsdk::ErrorCode::kInvalid,
        "is no feed of " + manifest.vendor + "; it has " + (all.empty() ? "none" : all),
        std::move(field));
}

storage::CreatedFlow startFeedFlow(const domain::UnitOfWork& unit, const storage::Account& account,
                                   const plugins::Plugin& plugin, const hubsdk::FeedRule& feed) {
    storage::FeedState state = unit.repositories.feeds.of(unit.connection, unit.scope, account.id,
                                                          feed.name, feed.interval_ms, unit.now_ms);
    if (state.interval_ms != feed.interval_ms) {
        state.interval_ms = feed.interval_ms;
        unit.repositories.feeds.save(unit.connection, unit.scope, state, unit.now_ms);
    }
    hubsdk::Command inputs;
    inputs.command = kFeedSync;
    inputs.account.id = account.id;
    inputs.account.settings.json = account.settings;
    inputs.parameters.json = R"({"feed":)" + hubsdk::quoted(feed.name) + "}";
    inputs.cursor = state.cursor;
    inputs.started_at_ms = unit.now_ms;
    storage::NewFlow flow;
    flow.account_id = account.id;
    flow.plugin_key = account.plugin_key;
    flow.plugin_sha256 = plugin.sha256();
    flow.command = kFeedSync;
    flow.subject_type = kFeedSubject;
    flow.subject_id = state.id;
    flow.dedupe_key = security::sha256Hex(std::string(kFeedSync) + "\n" + state.id);
    flow.give_up_at_ms = unit.now_ms + kGiveUpAfterMs;
    flow.inputs = frozenInputs(inputs);
    return unit.repositories.flows.create(unit.connection, unit.scope, flow, unit.now_ms);
}

std::int64_t syncDueFeeds(const FlowServices& services) {
    const std::int64_t now = services.now_ms();
    std::int64_t started = 0;
    try {
        addMissing(services, now);
        const auto due = services.database.read([&](Connection& connection) {
            return services.repositories.feeds.due(connection, storage::SystemScope::forWorker(),
                                                   now, kFeedRowsMax);
        });
        for (const storage::DueFeed& feed : due) {
            auto done = services.database.writeFor(
                storage::WriteQueue::kFlow,
                [&](Connection& connection) { return startDue(services, connection, feed, now); });
            if (done && *done) ++started;
            if (!done)
                observe::log(observe::Level::kWarning, "feed.start_failed",
                             {{"account", feed.account_id}, {"why", done.error().text()}});
        }
    } catch (const storage::StorageError& error) {
        observe::log(observe::Level::kWarning, "feed.failed", {{"why", error.what()}});
    }
    if (started > 0 && services.flows_changed) services.flows_changed();
    return started;
}

void settleFeed(const domain::UnitOfWork& unit, const SubjectEnd& end) {
    const auto& feeds = unit.repositories.feeds;
    auto state = feeds.find(unit.connection, unit.scope, end.flow.subject_id);
    if (!state) return;
    if (end.ending == Ending::kDone) {
        if (end.cursor) state->cursor = end.cursor;
        state->failures = 0;
        state->last_error.reset();
        state->last_done_at_ms = unit.now_ms;
        state->next_at_ms = unit.now_ms + state->interval_ms;
    } else {
        ++state->failures;
        state->last_error = end.error_class ? std::string(hubsdk::nameOf(*end.error_class)) : "";
        state->next_at_ms = unit.now_ms + backoffMs(*state);
        alertFailure(unit, end, *state);
    }
    feeds.save(unit.connection, unit.scope, *state, unit.now_ms);
}

}  // namespace hub::flows
