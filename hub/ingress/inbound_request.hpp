/// Inbound requests: the vendor waits, a flow with the command inbound.request answers.
#pragma once

#include "hub/http/message.hpp"
#include "hub/security/pieces.hpp"
#include "hub/storage/repositories.hpp"

#include <hubsdk/model/manifest.hpp>

namespace hub::ingress {

inline constexpr std::string_view kInboundRequest = "inbound.request";

/// Starts the flow that answers a stored delivery, or finds the one that did. Gives its id. Runs in
/// the unit that stores the delivery. Throws StorageError and UnitRefused.
std::string startInboundFlow(storage::Connection& connection,
                             const storage::Repositories& repositories,
                             const storage::TenantScope& scope, const storage::NewFlow& flow,
                             std::int64_t now_ms);

/// The row of that flow for a delivery of an account.
[[nodiscard]] storage::NewFlow inboundFlow(const storage::Account& account,
                                           std::string_view plugin_sha256,
                                           std::string_view delivery_id, std::int64_t now_ms);

/// The answer of a flow, put together: nothing while it runs; 503 if it ended without one, or with
/// one that breaks the rules for answers (bare secrets, status outside 200 to 599, fields that the
/// edge sets itself).
[[nodiscard]] std::optional<http::Response> answerOf(const storage::Flow& flow,
                                                     const hubsdk::Manifest& manifest,
                                                     security::PieceContext context);

}  // namespace hub::ingress
