/// One bound on the bytes that many requests hold together.
#pragma once

#include <atomic>
#include <cstddef>

namespace hub::http {

/// Any thread.
class ByteBudget {
public:
    explicit ByteBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    [[nodiscard]] bool take(std::size_t bytes) {
        std::size_t taken = taken_.load(std::memory_order_relaxed);
        do {
            if (bytes > bytes_max_ - taken) return false;
        } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
        return true;
    }
    void giveBack(std::size_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }
    [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }

private:
    const std::size_t bytes_max_;
    std::atomic<std::size_t> taken_{0};
};

/// What one request has of a budget; gives it back when it goes. One thread at a time.
class ByteShare {
public:
    explicit ByteShare(ByteBudget& budget) : budget_(budget) {}
    ~ByteShare() { reset(); }
    ByteShare(const ByteShare&) = delete;
    ByteShare& operator=(const ByteShare&) = delete;

    /// False if the budget is spent; then nothing more was taken.
    [[nodiscard]] bool grow(std::size_t bytes) {
        if (!budget_.take(bytes)) return false;
        bytes_ += bytes;
        return true;
    }
    void reset() {
        budget_.giveBack(bytes_);
        bytes_ = 0;
    }

private:
    ByteBudget& budget_;
    std::size_t bytes_ = 0;
};

}  // namespace hub::http
