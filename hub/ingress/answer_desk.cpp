#include "hub/ingress/answer_desk.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "hub/storage/connection.hpp"

namespace hub::ingress {

http::Response unavailableAnswer() {
    http::Response response;
    response.status = 503;
    response.headers.push_back({"Retry-After", "1"});
    return response;
}

AnswerDesk::AnswerDesk(std::size_t waiting_max)
    : waiting_max_(waiting_max), thread_([this] { loop(); }) {}

AnswerDesk::~AnswerDesk() { stop(); }

void AnswerDesk::wait(Look look, std::int64_t deadline_ms, const http::Respond& respond,
                      const Late& late) {
    const auto deadline = Clock::now() + std::chrono::milliseconds(deadline_ms);
    if (!take({std::move(look), deadline, respond, late})) return respond(late());
    changed_.notify_one();
}

bool AnswerDesk::take(Waiting waiting) {
    const std::lock_guard lock(mutex_);
    if (stopping_ || count_ >= waiting_max_) return false;
    ++count_;
    arrived_.push_back(std::move(waiting));
    woken_ = true;
    return true;
}

std::size_t AnswerDesk::waiting() {
    const std::lock_guard lock(mutex_);
    return count_;
}

void AnswerDesk::wake() {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    changed_.notify_one();
}

void AnswerDesk::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
}

// Whoever is late is not looked after any more, and after one look that fails nobody is until the
// next round: a database that is away answers each look with a wait of its own.
std::size_t AnswerDesk::settleAll() {
    bool away = false;
    return waiting_.remove_if([&](Waiting& waiting) {
        std::optional<http::Response> found;
        if (Clock::now() >= waiting.deadline || stopping_) {
            found = waiting.late();
        } else if (!away) {
            try {
                found = waiting.look();
            } catch (const storage::StorageError& error) {
                away = error.code() == storage::StorageErrorCode::kUnavailable ||
                       error.code() == storage::StorageErrorCode::kBusy;
            } catch (const std::exception&) {
                found.reset();  // the next look may succeed before the deadline
            }
        }
        if (!found) return false;
        waiting.respond(std::move(*found));
        return true;
    });
}

void AnswerDesk::loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        waiting_.splice(waiting_.end(), arrived_);
        woken_ = false;
        lock.unlock();
        const std::size_t settled = settleAll();
        lock.lock();
        count_ -= settled;
        const auto something = [this] { return stopping_ || woken_; };
        if (waiting_.empty()) {
            changed_.wait(lock, something);
        } else {
            changed_.wait_for(lock, std::chrono::milliseconds(kAnswerPollMs), something);
        }
    }
    waiting_.splice(waiting_.end(), arrived_);
    lock.unlock();
    for (Waiting& waiting : waiting_) waiting.respond(waiting.late());
    waiting_.clear();
}

}  // namespace hub::ingress
