#include "hub/http/admission.hpp"

#include "hub/http/address_policy.hpp"

#include <chrono>

namespace hub::http {

bool Admission::enter(std::string_view address, bool exempt) {
    const std::string sender = exempt ? std::string() : senderNetwork(address);
    const std::lock_guard lock(mutex_);
    if (total_ >= total_max_) return false;
    if (!exempt) {
        std::size_t& here = per_sender_[sender];
        if (here >= per_sender_max_) return false;
        ++here;
    }
    ++total_;
    return true;
}

void Admission::leave(std::string_view address, bool exempt) {
    const std::string sender = exempt ? std::string() : senderNetwork(address);
    const std::lock_guard lock(mutex_);
    if (!exempt) {
        const auto found = per_sender_.find(sender);
        if (--found->second == 0) per_sender_.erase(found);
    }
    --total_;
    if (total_ == 0) none_left_.notify_all();
}

std::size_t Admission::total() {
    const std::lock_guard lock(mutex_);
    return total_;
}

bool Admission::waitForNone(std::int64_t wait_ms) {
    std::unique_lock lock(mutex_);
    return none_left_.wait_for(lock, std::chrono::milliseconds(wait_ms),
                               [this] { return total_ == 0; });
}

}  // namespace hub::http
