#include "hub/ingress/endpoint_cache.hpp"

namespace hub::ingress {

std::shared_ptr<const Endpoint> EndpointCache::find(std::string_view token_hash,
                                                    std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(std::string(token_hash));
    if (found == kept_.end()) return nullptr;
    // A clock that was set back makes an entry old, never young.
    const std::int64_t age = now_ms - found->second.read_at_ms;
    if (age >= 0 && age < kEndpointKeptMs) return found->second.endpoint;
    kept_.erase(found);
    return nullptr;
}

void EndpointCache::keep(std::string_view token_hash, std::shared_ptr<const Endpoint> endpoint,
                         std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    if (kept_.size() >= kEndpointsKeptMax) kept_.clear();
    kept_.insert_or_assign(std::string(token_hash), Kept{std::move(endpoint), now_ms});
}

void EndpointCache::forget(std::string_view token_hash) {
    const std::lock_guard lock(mutex_);
    kept_.erase(std::string(token_hash));
}

}  // namespace hub::ingress
