/// Every repository over one vault, so that an area takes one reference instead of nine.
#pragma once

#include "hub/storage/account_repository.hpp"
#include "hub/storage/api_key_repository.hpp"
#include "hub/storage/attention_repository.hpp"
#include "hub/storage/audit_repository.hpp"
#include "hub/storage/blob_repository.hpp"
#include "hub/storage/feed_repository.hpp"
#include "hub/storage/flow_repository.hpp"
#include "hub/storage/inbox_repository.hpp"
#include "hub/storage/observation_repository.hpp"
#include "hub/storage/order_repository.hpp"
#include "hub/storage/relay_lease_repository.hpp"
#include "hub/storage/tenant_repository.hpp"
#include "hub/storage/vendor_order_repository.hpp"

namespace hub::storage {

/// The vault must outlive it. Any thread.
struct Repositories {
    explicit Repositories(const security::Vault& vault)
        : accounts(vault),
          inbox(vault),
          orders(vault),
          vendor_orders(vault),
          observations(vault),
          flows(vault),
          feeds(vault),
          audit(vault),
          blobs(vault),
          attention(vault) {}

    TenantRepository tenants;
    ApiKeyRepository api_keys;
    AccountRepository accounts;
    InboxRepository inbox;
    OrderRepository orders;
    VendorOrderRepository vendor_orders;
    ObservationRepository observations;
    FlowRepository flows;
    FeedRepository feeds;
    AuditRepository audit;
    BlobRepository blobs;
    AttentionRepository attention;
    RelayLeaseRepository relay_leases;
};

}  // namespace hub::storage
