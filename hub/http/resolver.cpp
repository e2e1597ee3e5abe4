#include "hub/http/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <array>

namespace hub::http {

namespace {

constexpr std::size_t kCachedNamesMax = 1'024;

Error notFound(const std::string& host) {
    return hubsdk::makeError(ErrorCode::kUnavailable, "the name cannot be resolved now", host);
}

Result<Addresses> askSystem(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return notFound(host);
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
    Addresses addresses;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        const int code = ::getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(),
                                       nullptr, 0, NI_NUMERICHOST);
        if (code == 0) addresses.emplace_back(text.data());
    }
    return addresses;
}

}  // namespace

Resolver::Resolver(Resolve resolve, const ClientLimits& limits)
    : resolve_(resolve ? std::move(resolve) : Resolve(askSystem)), limits_(limits) {
    for (std::size_t i = 0; i < std::max<std::size_t>(limits_.resolver_threads, 1); ++i) {
        threads_.emplace_back([this] { work(); });
    }
}

Resolver::~Resolver() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        jobs_.clear();
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void Resolver::find(const std::string& host, const std::shared_ptr<Lookup>& lookup) {
    if (auto fresh = cached(host, limits_.resolved_ms)) {
        lookup->set(std::move(fresh));
        return;
    }
    if (enqueue(Job{host, lookup})) {
        changed_.notify_one();
    } else {
        lookup->set(stale(host));
    }
}

bool Resolver::enqueue(Job job) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= limits_.resolver_queue_max) return false;
    jobs_.push_back(std::move(job));
    return true;
}

void Resolver::work() {
    while (true) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (stopping_) return;
        const Job job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job.lookup->set(ask(job.host));
    }
}

Result<Addresses> Resolver::ask(const std::string& host) {
    // Many calls to one host wait for the same answer; only the first has to ask.
    if (auto fresh = cached(host, limits_.resolved_ms)) return fresh;
    auto found = resolve_(host);
    if (!found || found->empty()) return stale(host);
    store(host, *found);
    return found;
}

Result<Addresses> Resolver::stale(const std::string& host) {
    return cached(host, limits_.resolved_stale_ms);
}

Result<Addresses> Resolver::cached(const std::string& host, std::int64_t age_ms_max) {
    const std::lock_guard lock(mutex_);
    const auto entry = cache_.find(host);
    if (entry == cache_.end()) return notFound(host);
    const auto age = std::chrono::steady_clock::now() - entry->second.found_at;
    if (age >= std::chrono::milliseconds(age_ms_max)) return notFound(host);
    return entry->second.addresses;
}

void Resolver::store(const std::string& host, const Addresses& addresses) {
    const std::lock_guard lock(mutex_);
    if (cache_.size() >= kCachedNamesMax && cache_.find(host) == cache_.end()) {
        cache_.erase(
            std::min_element(cache_.begin(), cache_.end(), [](const auto& left, const auto& right) {
                return left.second.found_at < right.second.found_at;
            }));
    }
    cache_[host] = Entry{addresses, std::chrono::steady_clock::now()};
}

std::size_t Resolver::waiting() {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
}

}  // namespace hub::http
