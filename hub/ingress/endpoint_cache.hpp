/// What a webhook URL leads to, kept for a moment: under load the database is not asked for the
/// same account and secrets with every delivery.
#pragma once

#include "hub/security/pieces.hpp"
#include "hub/storage/account_repository.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace hub::ingress {

/// How long a retired account or a revoked secret may still be believed, on any node. What an
/// entry does not prove is looked up again before it is refused, so a new secret counts at once.
inline constexpr std::int64_t kEndpointKeptMs = 200;
inline constexpr std::size_t kEndpointsKeptMax = 4096;

struct Endpoint {
    storage::Account account;
    security::SecretValues secrets;
};

/// Any thread. Unknown endpoints are never kept: a stranger could fill it with them.
class EndpointCache {
public:
    /// Nothing if it is not there or too old.
    [[nodiscard]] std::shared_ptr<const Endpoint> find(std::string_view token_hash,
                                                       std::int64_t now_ms);
    void keep(std::string_view token_hash, std::shared_ptr<const Endpoint> endpoint,
              std::int64_t now_ms);
    void forget(std::string_view token_hash);

private:
    struct Kept {
        std::shared_ptr<const Endpoint> endpoint;
        std::int64_t read_at_ms;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Kept> kept_;  ///< guarded by mutex_
};

}  // namespace hub::ingress
