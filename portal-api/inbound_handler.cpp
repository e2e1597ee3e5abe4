#include "portal-api/inbound_handler.hpp"

#include "hub/security/digest.hpp"
#include "portal-api/paging.hpp"

#include <algorithm>
#include <array>

#include <hubsdk/cpp/text.hpp>

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using hubsdk::makeError;

constexpr std::array<std::string_view, 5> kStatuses{"verified", "processed", "failed", "dead",
                                                    "parked"};
constexpr std::array<std::string_view, 3> kReplayable{"dead", "failed", "parked"};

InboundEventView viewOf(const hub::storage::DeliveryRow& row) {
    InboundEventView view;
    view.id = row.id;
    view.plugin_key = row.plugin_key;
    view.provider_config_id = row.account_id;
    view.transport = row.transport;
    view.source = row.source;
    view.vendor_event_id = row.vendor_event_id;
    view.dedupe_key = row.dedupe_key;
    view.duplicates = row.duplicates;
    view.status = row.status;
    view.received_at = hubsdk::formatUtc(row.received_at_ms);
    if (row.processed_at_ms) view.processed_at = hubsdk::formatUtc(*row.processed_at_ms);
    view.attempts = row.attempts;
    view.error = row.error;
    return view;
}

// The row and who asked for it, in the caller's unit.
void replayOne(const ApiCall& call, Connection& connection, const std::string& id) {
    const auto& repositories = call.services.repositories;
    repositories.inbox.replay(connection, call.scope, id, call.now_ms);
    hub::storage::AuditEntry entry;
    entry.actor_type = "apikey";
    entry.actor_id = call.actor_id;
    entry.action = "inbound_event_replayed";
    entry.resource_type = "inbound_event";
    entry.resource_id = id;
    entry.trace_id = call.request_id;
    hub::storage::OutboundEvent event;
    event.event_type = "inbound_event.replayed";
    event.subject_type = "inbound_event";
    event.subject_id = id;
    event.idempotency_key = hub::security::sha256Hex(id + "\nreplayed\n" + call.request_id);
    event.trace_id = call.request_id;
    repositories.audit.record(connection, call.scope, entry, event, call.now_ms);
}

}  // namespace

hubsdk::Result<Page<InboundEventView>> listInboundEvents(const ApiCall& call, const NoBody&) {
    hub::storage::DeliveryFilter filter;
    auto asked = readAsked(call.query, filter.page,
                           {{"plugin", &filter.plugin_key},
                            {"status", &filter.status, kStatuses},
                            {"provider", &filter.account_id}});
    if (!asked) return std::move(asked).error();
    const auto& inbox = call.services.repositories.inbox;
    return pageFrom<InboundEventView>(
        call, filter.page,
        [&](Connection& connection) { return inbox.list(connection, call.scope, filter); },
        [&](Connection& connection) { return inbox.count(connection, call.scope, filter); },
        [](Connection&, const hub::storage::DeliveryRow& row) { return viewOf(row); });
}

hubsdk::Result<Replayed> replayInboundEvent(const ApiCall& call, const NoBody&) {
    auto done = call.services.database.write(WriteQueue::kPortal, [&](Connection& connection) {
        replayOne(call, connection, call.parameters.front());
    });
    if (!done.ok()) return std::move(done).error();
    return Replayed{1, std::nullopt};
}

hubsdk::Result<Replayed> replayInboundEvents(const ApiCall& call, const ReplayMany& request) {
    if (std::ranges::find(kReplayable, request.status) == kReplayable.end())
        return makeError(ErrorCode::kInvalid, "must be dead, failed or parked", "status");
    hub::storage::DeliveryFilter filter;
    filter.plugin_key = request.plugin;
    filter.status = request.status;
    filter.account_id = request.provider_id;
    filter.page.after_id = request.after;
    filter.page.rows_max = kReplayMax;
    const auto& inbox = call.services.repositories.inbox;
    return call.services.database.writeFor(WriteQueue::kPortal, [&](Connection& connection) {
        Replayed answer;
        for (const auto& row : inbox.list(connection, call.scope, filter)) {
            replayOne(call, connection, row.id);
            if (++answer.replayed == kReplayMax) answer.next = row.id;
        }
        return answer;
    });
}

}  // namespace portal
