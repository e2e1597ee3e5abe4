#include "portal-api/audit_handler.hpp"

#include <algorithm>

namespace portal {
namespace {

using hub::storage::Connection;
using hubsdk::ErrorCode;
using hubsdk::makeError;

// Entries of one call: below a second, so that no worker thread is held for long.
constexpr int kPagesOfCallMax = 10;

struct ReasonRow {
    std::string_view reason;
    std::string_view text;
};
constexpr ReasonRow kReasons[] = {
    {"missing", "The entry with this number is not there: it was deleted or given another number."},
    {"unlinked",
     "The entry does not name the hash of the one before it: entries were exchanged, "
     "inserted or changed together with their hash."},
    {"changed", "The entry is not what it was when it was numbered."},
    {"cut", "The entries from this number to the end of the chain were deleted."},
    {"rewritten",
     "The sealed end of the chain says something else: the chain was made anew, or "
     "the seal was changed."},
    {"no_head", "The sealed end of the chain was deleted."},
    {"unreadable",
     "The sealed part of the entry cannot be opened: it was changed or moved, or its "
     "key is gone."},
};

AuditBreakView viewOf(const hub::storage::ChainBreak& broken) {
    AuditBreakView view;
    view.seq = broken.seq;
    view.reason = broken.reason;
    const auto row = std::ranges::find(kReasons, broken.reason, &ReasonRow::reason);
    if (row != std::end(kReasons)) view.text = row->text;
    return view;
}

}  // namespace

hubsdk::Result<AuditView> verifyAudit(const ApiCall& call, const VerifyAudit& request) {
    if (request.after_seq < 0) return makeError(ErrorCode::kInvalid, "is below 0", "after_seq");
    AuditTenantView tenant;
    tenant.tenant_id = call.scope.tenantId();
    tenant.last_seq = request.after_seq;
    for (int i = 0; i < kPagesOfCallMax && !tenant.finished; ++i) {
        const auto page = call.services.database.read([&](Connection& connection) {
            return call.services.repositories.audit.verify(connection, call.scope, tenant.last_seq,
                                                           hub::storage::kChainPageMax);
        });
        tenant.entries_checked += page.checked;
        tenant.last_seq = page.last_seq;
        tenant.unnumbered = page.unnumbered;
        if (page.broken) tenant.first_break = viewOf(*page.broken);
        tenant.finished = page.at_end || page.broken.has_value();
    }
    AuditView view;
    view.tenants.push_back(std::move(tenant));
    return view;
}

}  // namespace portal
