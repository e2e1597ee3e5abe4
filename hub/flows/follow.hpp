/// Commands that a delivery asks for (plugin-contract section 8, `follow`).
#pragma once

#include "hub/domain/unit_of_work.hpp"
#include "hub/flows/commands.hpp"

#include <hubsdk/model/observation.hpp>

namespace hub::flows {

/// Flows on an object of the vendor that no row of ours stands for yet.
inline constexpr std::string_view kVendorObject = "vendor_object";

/// Who asks for the command, and for which account. References outlive the call.
struct Follower {
    const storage::Account& account;
    const hubsdk::Manifest& manifest;
    std::string plugin_sha256;
    std::string key;  ///< names delivery and ordinal: the same again is the same command
};

/// Fails with kInvalid if the plugin does not offer the command, if it needs an order of ours, if
/// nothing names the object, or if a hint asks for more than order.refresh (TM-IN-2).
[[nodiscard]] hubsdk::Result<void> checkFollow(const hubsdk::Manifest& manifest,
                                               const hubsdk::Follow& follow, bool is_hint);

/// The vendor order that the follow means; nothing if nobody knows it, or if two claim it.
[[nodiscard]] std::optional<storage::VendorOrder> followedRow(const domain::UnitOfWork& unit,
                                                              const Follower& follower,
                                                              const hubsdk::Follow& follow);

/// Starts the command on a vendor order of ours. A fetch covers what was said until now.
storage::CreatedFlow followRow(const domain::UnitOfWork& unit, const Follower& follower,
                               std::string_view command, const storage::VendorOrder& row);

/// Starts the command by links, on an object nobody knows; what the flow observes is matched, or
/// handled by the account's unknown_orders. Commands that nobody has begun yet, and those within
/// kFetchGatherMs, are one. All throw StorageError and UnitRefused.
storage::CreatedFlow followObject(const domain::UnitOfWork& unit, const Follower& follower,
                                  const hubsdk::Follow& follow);

}  // namespace hub::flows
