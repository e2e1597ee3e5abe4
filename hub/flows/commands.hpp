/// Starts flows: turns what we want from a vendor into a durable row, inside the caller's unit.
#pragma once

#include "hub/domain/unit_of_work.hpp"

#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

namespace hub::flows {

/// How long a flow sleeps behind an unreachable vendor before it gives up (architecture section 7).
inline constexpr std::int64_t kGiveUpAfterMs = std::int64_t{72} * 3600 * 1000;

/// A wish to fetch is met at once; what is wished within this time of its start is gathered into
/// the next fetch (architecture section 6).
inline constexpr std::int64_t kFetchGatherMs = 2'000;

/// The JSON with which a flow of this command begins. Frozen from then on.
[[nodiscard]] std::string frozenInputs(const hubsdk::Command& command);

/// Whether the command gets, exchanges or ends a credential. Such a call that is made twice harms
/// nobody, and all flows of its account wait for it.
[[nodiscard]] bool isAboutCredential(std::string_view command);

/// Whether the plugin carries out this command.
[[nodiscard]] bool offers(const hubsdk::Manifest& manifest, std::string_view command);

/// Fails with kInvalid at `field`, and the list of what the plugin offers, if it does not carry out
/// this command.
[[nodiscard]] hubsdk::Result<void> requireOffered(const hubsdk::Manifest& manifest,
                                                  std::string_view command, std::string field);

struct VendorOrderCommand {
    std::string command;  ///< order.submit, order.refresh, order.cancel, order.report
    const storage::Account& account;
    const storage::VendorOrder& vendor_order;
    std::string plugin_sha256;
    std::optional<hubsdk::Order> order;          ///< for order.submit
    std::optional<std::string> idempotency_key;  ///< the caller's, SHA-256 hex
};

/// Puts what is known of a vendor order into the inputs: the vendor's id and all links.
void describeVendorOrder(storage::Connection& connection, const storage::Repositories& repositories,
                         const storage::TenantScope& scope, std::string_view row_id,
                         hubsdk::Command& inputs);

/// Starts a command on one vendor order with all its links. An equal command that is still open is
/// the same command. A cancel whose submit has sent nothing yet takes the submit back instead and
/// gives its flow, which has ended. Throws StorageError and UnitRefused.
storage::CreatedFlow startVendorOrderFlow(storage::Connection& connection,
                                          const storage::Repositories& repositories,
                                          const storage::TenantScope& scope,
                                          const VendorOrderCommand& command, std::int64_t now_ms);

/// Takes back the submit of a vendor order if nothing of it was sent: its flow and the vendor order
/// end, and the flow's id is given. Nothing if there is no such submit. Throws as above.
std::optional<std::string> takeBackSubmit(const domain::UnitOfWork& unit, storage::VendorOrder row);

struct AccountCommand {
    std::string command;  ///< account.test, account.connect, auth.token, catalog.list …
    std::string parameters_json;
    std::string plugin_sha256;
};

/// Starts a command on an account. An equal command that is still open is the same command, so
/// that a token is renewed once at a time.
storage::CreatedFlow startAccountFlow(storage::Connection& connection,
                                      const storage::Repositories& repositories,
                                      const storage::TenantScope& scope,
                                      const storage::Account& account,
                                      const AccountCommand& command, std::int64_t now_ms);

}  // namespace hub::flows
