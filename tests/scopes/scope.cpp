// Architecture section 11, invariant 5: a query on a tenant's data without the tenant's scope does
// not compile, and a scope is made by its three makers only. Each name below breaks one of both.
#include "hub/storage/order_repository.hpp"

using namespace hub::storage;

void readOrder(const OrderRepository& orders, Connection& connection, const TenantScope& scope) {
    (void)orders.find(connection, scope, "id");
#ifdef HUB_NO_SCOPE
    (void)orders.find(connection, "id");
#endif
#ifdef HUB_TEXT_AS_SCOPE
    (void)orders.find(connection, "tenant", "id");
#endif
#ifdef HUB_SYSTEM_AS_SCOPE
    (void)orders.find(connection, SystemScope::forWorker(), "id");
#endif
#ifdef HUB_EMPTY_SCOPE
    (void)orders.find(connection, TenantScope{}, "id");
#endif
#ifdef HUB_MADE_SCOPE
    (void)orders.find(connection, TenantScope("tenant"), "id");
#endif
}
