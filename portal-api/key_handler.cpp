#include "portal-api/key_handler.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/sealed_columns.hpp"

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::SystemScope;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;
using hubsdk::makeError;

// Units of one call, each of at most kResealRowsMax values: no worker thread is held for long.
constexpr int kUnitsOfCallMax = 10;

KeysView viewOf(const hub::security::Vault& vault) { return {vault.activeKeyId(), vault.keyIds()}; }

// Who changed the keys, in the trail of the tenant that may.
hubsdk::Result<void> record(const ApiCall& call, std::string_view action, std::string_view title) {
    const std::string key_id = call.services.vault.activeKeyId();
    hub::storage::AuditEntry entry;
    entry.actor_type = "apikey";
    entry.actor_id = call.actor_id;
    entry.action = action;
    entry.resource_type = "master_key";
    entry.resource_id = key_id;
    entry.title = title;
    entry.new_status = key_id;
    hub::storage::OutboundEvent event;
    event.event_type = "security." + std::string(action);
    event.subject_type = "master_key";
    event.subject_id = key_id;
    event.idempotency_key = hub::security::sha256Hex(std::string(action) + "\n" + key_id);
    return call.services.database.write(WriteQueue::kPortal, [&](Connection& connection) {
        call.services.repositories.audit.record(connection, call.scope, entry, event, call.now_ms);
    });
}

bool needsOlderKeys(const ApiCall& call) {
    return call.services.database.read([&](Connection& connection) {
        return hub::storage::needsOlderKeys(connection, SystemScope::forWorker(),
                                            call.services.vault);
    });
}

}  // namespace

hubsdk::Result<KeysView> readKeys(const ApiCall& call, const NoBody& /*body*/) {
    return viewOf(call.services.vault);
}

hubsdk::Result<KeysView> rotateKey(const ApiCall& call, const NoBody& /*body*/) {
    if (needsOlderKeys(call)) {
        return makeError(ErrorCode::kConflict,
                         "values are still sealed by an older key: finish the rotation before");
    }
    if (auto rotated = call.services.vault.rotate(); !rotated.ok())
        return std::move(rotated).error();
    if (auto recorded = record(call, "key_rotated", "Master key rotated"); !recorded.ok())
        return std::move(recorded).error();
    return viewOf(call.services.vault);
}

hubsdk::Result<ResealView> resealValues(const ApiCall& call, const ResealKeys& request) {
    const auto columns = static_cast<std::int64_t>(hub::storage::sealedColumns().size());
    if (request.column < 0 || request.column > columns)
        return makeError(ErrorCode::kInvalid, "is no column of an earlier answer", "column");
    hub::storage::ResealPlace place;
    place.column = static_cast<std::size_t>(request.column);
    place.after_id = request.after_row;
    for (int i = 0; i < kUnitsOfCallMax && !place.done(); ++i) {
        auto next =
            call.services.database.writeFor(WriteQueue::kSystem, [&](Connection& connection) {
                return hub::storage::resealNext(connection, SystemScope::forWorker(),
                                                call.services.vault, place);
            });
        if (!next) return std::move(next).error();
        place = std::move(next).value();
    }
    ResealView view;
    view.active_key_id = call.services.vault.activeKeyId();
    view.resealed = place.resealed;
    view.column = static_cast<std::int64_t>(place.column);
    view.after_row = place.after_id;
    view.finished = place.done();
    return view;
}

hubsdk::Result<KeysView> retireKeys(const ApiCall& call, const NoBody& /*body*/) {
    auto& vault = call.services.vault;
    if (vault.keyIds().size() == 1) return viewOf(vault);
    if (call.now_ms - vault.changedAtMs() < kKeysStayMs) {
        return makeError(ErrorCode::kConflict,
                         "the key was rotated less than 10 minutes ago: what was sealed before may "
                         "still be on its way to the database");
    }
    if (needsOlderKeys(call)) {
        return makeError(ErrorCode::kConflict,
                         "values are still sealed by an older key: finish the rotation before");
    }
    if (auto recorded = record(call, "keys_retired", "Older master keys retired"); !recorded.ok())
        return std::move(recorded).error();
    if (auto retired = vault.retireOlderKeys(); !retired.ok()) return std::move(retired).error();
    return viewOf(vault);
}

}  // namespace portal
