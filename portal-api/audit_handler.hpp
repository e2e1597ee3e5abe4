/// Verification of the audit trail (docs/adr/0016-audit-chain.md).
#pragma once

#include "portal-api/router.hpp"

namespace portal {

/// Body of POST /admin/audit/verify. A call checks a bounded number of entries; the next goes on
/// behind `last_seq` of the answer.
struct VerifyAudit {
    std::int64_t after_seq = 0;
};

struct AuditBreakView {
    std::int64_t seq = 0;
    std::string reason;  ///< missing, unlinked, changed, cut, rewritten, no_head, unreadable
    std::string text;
};

struct AuditTenantView {
    std::string tenant_id;
    std::int64_t entries_checked = 0;  ///< by this call
    std::int64_t last_seq = 0;
    bool finished = false;  ///< the end of the chain was reached, or the first break
    std::optional<AuditBreakView> first_break;
    std::int64_t unnumbered = 0;
};

struct AuditView {
    std::vector<AuditTenantView> tenants;
};

/// Checks the chain of the caller's tenant. Pages have a transaction each, so a long chain holds no
/// snapshot for long.
[[nodiscard]] hubsdk::Result<AuditView> verifyAudit(const ApiCall& call,
                                                    const VerifyAudit& request);

}  // namespace portal

namespace hubsdk {
template <>
struct Shape<portal::VerifyAudit> {
    using T = portal::VerifyAudit;
    static constexpr std::string_view kName = "VerifyAudit";
    static constexpr auto kFields = std::tuple{
        field("after_seq", &T::after_seq, "Last number known to hold.", Need::kOptional)};
};
template <>
struct Shape<portal::AuditBreakView> {
    using T = portal::AuditBreakView;
    static constexpr std::string_view kName = "AuditBreak";
    static constexpr auto kFields =
        std::tuple{field("seq", &T::seq, "First entry that does not hold."),
                   field("reason", &T::reason, "Code."), field("text", &T::text, "For people.")};
};
template <>
struct Shape<portal::AuditTenantView> {
    using T = portal::AuditTenantView;
    static constexpr std::string_view kName = "AuditTenant";
    static constexpr auto kFields =
        std::tuple{field("tenant_id", &T::tenant_id, "Tenant."),
                   field("entries_checked", &T::entries_checked, "By this call."),
                   field("last_seq", &T::last_seq, "Where the next call goes on."),
                   field("finished", &T::finished, "The end or the first break was reached."),
                   field("first_break", &T::first_break, "Null: none.", WhenEmpty::kWriteNull),
                   field("unnumbered", &T::unnumbered, "Entries that wait for their number.")};
};
template <>
struct Shape<portal::AuditView> {
    using T = portal::AuditView;
    static constexpr std::string_view kName = "AuditVerification";
    static constexpr auto kFields =
        std::tuple{field("tenants", &T::tenants, "One each.", WhenEmpty::kWriteNull)};
};
}  // namespace hubsdk
