/// Looks names up on threads of its own, with a bounded queue and cache. Internal.
#pragma once

#include "hub/http/byte_stream.hpp"
#include "hub/http/client.hpp"
#include "hub/http/one_shot.hpp"

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hub::http {

using Addresses = std::vector<std::string>;
using Lookup = OneShot<Result<Addresses>>;

class Resolver {
public:
    Resolver(Resolve resolve, const ClientLimits& limits);
    /// Waits for lookups in progress.
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Answers `lookup`, at once when the name is cached. When the queue is full or the lookup
    /// fails, an older answer serves for a while; else it fails with kUnavailable. Any thread.
    void find(const std::string& host, const std::shared_ptr<Lookup>& lookup);

    /// An older answer for a lookup that did not end in time.
    [[nodiscard]] Result<Addresses> stale(const std::string& host);

    /// Look-ups that wait for a thread. Any thread.
    [[nodiscard]] std::size_t waiting();

private:
    struct Job {
        std::string host;
        std::shared_ptr<Lookup> lookup;
    };
    struct Entry {
        Addresses addresses;
        std::chrono::steady_clock::time_point found_at;
    };

    bool enqueue(Job job);
    void work();
    Result<Addresses> ask(const std::string& host);
    Result<Addresses> cached(const std::string& host, std::int64_t age_ms_max);
    void store(const std::string& host, const Addresses& addresses);

    Resolve resolve_;
    ClientLimits limits_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;                // guarded by mutex_
    std::map<std::string, Entry> cache_;  // guarded by mutex_
    bool stopping_ = false;               // guarded by mutex_
    std::vector<std::thread> threads_;
};

}  // namespace hub::http
