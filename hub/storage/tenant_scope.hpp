/// The right to touch one tenant's rows. A repository function of a tenant-owned table takes one,
/// so that a query without a tenant does not compile (architecture.md section 11, invariant 5).
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace hub::storage {

/// One tenant's rows. There is no default constructor and no setter: three places may make one,
/// each after it has proof, and each by its own name so that a search finds every use.
class TenantScope {
public:
    /// Router: the caller has been authenticated as belonging to this tenant.
    [[nodiscard]] static TenantScope afterAuthentication(std::string_view tenant_id) {
        return TenantScope(tenant_id);
    }
    /// Ingress: the delivery's proof holds for a connection of this tenant.
    [[nodiscard]] static TenantScope afterProof(std::string_view tenant_id) {
        return TenantScope(tenant_id);
    }
    /// Worker: the row it leased belongs to this tenant.
    [[nodiscard]] static TenantScope fromLeasedRow(std::string_view tenant_id) {
        return TenantScope(tenant_id);
    }

    [[nodiscard]] const std::string& tenantId() const { return tenant_id_; }

private:
    explicit TenantScope(std::string_view tenant_id) : tenant_id_(tenant_id) {}
    std::string tenant_id_;
};

/// The right to work across tenants, only on tables whose repository functions ask for it: leasing
/// inbox rows and flows, numbering the outbox, reading what runs at start.
class SystemScope {
public:
    [[nodiscard]] static SystemScope forRelay() { return {}; }
    [[nodiscard]] static SystemScope forWorker() { return {}; }
    [[nodiscard]] static SystemScope forStartup() { return {}; }

private:
    SystemScope() = default;
};

}  // namespace hub::storage
