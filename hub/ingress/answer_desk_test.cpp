#include "hub/ingress/answer_desk.hpp"

#include "hub/storage/connection.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <vector>

namespace hub::ingress {
namespace {

constexpr std::int64_t kLongMs = 60'000;

http::Response found() {
    http::Response response;
    response.body = "found";
    return response;
}

struct Asked {
    std::promise<http::Response> promise;
    std::future<http::Response> answer = promise.get_future();
    http::Respond respond() {
        return [this](http::Response response) { promise.set_value(std::move(response)); };
    }
};

TEST(AnswerDesk, AnswersAtOnceWithWhatIsThere) {
    AnswerDesk desk;
    Asked asked;
    desk.wait([] { return std::optional(found()); }, kLongMs, asked.respond());
    EXPECT_EQ(asked.answer.get().body, "found");
}

TEST(AnswerDesk, LooksAgainWhenWokenAndAlsoWithout) {
    AnswerDesk desk;
    Asked asked;
    std::atomic<int> looks{0};
    desk.wait(
        [&looks]() -> std::optional<http::Response> {
            return ++looks < 3 ? std::nullopt : std::optional(found());
        },
        kLongMs, asked.respond());
    desk.wake();
    EXPECT_EQ(asked.answer.get().body, "found");
    EXPECT_EQ(looks, 3);
}

// A database that is away answers each look with a wait of its own: one is enough for a round.
TEST(AnswerDesk, LooksForNobodyElseInARoundAfterALookThatFailed) {
    AnswerDesk desk;
    std::atomic<int> looks{0};
    std::promise<void> entered;
    std::promise<void> opened;
    Asked first;
    desk.wait(
        [&]() -> std::optional<http::Response> {
            if (++looks == 1) {
                entered.set_value();
                opened.get_future().wait();
            }
            throw storage::StorageError(storage::StorageErrorCode::kUnavailable, "away");
        },
        2'000, first.respond());
    entered.get_future().wait();
    std::vector<std::unique_ptr<Asked>> others;
    for (int i = 0; i < 50; ++i) {
        others.push_back(std::make_unique<Asked>());
        desk.wait(
            [&]() -> std::optional<http::Response> {
                ++looks;
                throw storage::StorageError(storage::StorageErrorCode::kUnavailable, "away");
            },
            1, others.back()->respond());
    }
    opened.set_value();
    for (auto& other : others) EXPECT_EQ(other->answer.get().status, 503);
    EXPECT_EQ(first.answer.get().status, 503);
    EXPECT_LE(looks, 2'000 / kAnswerPollMs + 2) << "one a round, and none for those that are late";
}

TEST(AnswerDesk, GoesOnAfterALookThatFailed) {
    AnswerDesk desk;
    Asked asked;
    std::atomic<int> looks{0};
    desk.wait(
        [&looks]() -> std::optional<http::Response> {
            if (++looks == 1) throw std::runtime_error("away");
            return found();
        },
        kLongMs, asked.respond());
    EXPECT_EQ(asked.answer.get().status, 200);
}

TEST(AnswerDesk, Answers503AfterTheDeadline) {
    AnswerDesk desk;
    Asked asked;
    desk.wait([] { return std::optional<http::Response>(); }, 0, asked.respond());
    const auto response = asked.answer.get();
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(http::find(response.headers, "Retry-After"));
}

TEST(AnswerDesk, RefusesMoreThanItsBoundAndTakesAgainLater) {
    AnswerDesk desk(1);
    std::atomic<bool> there{false};
    const auto look = [&there] { return there ? std::optional(found()) : std::nullopt; };
    Asked first;
    Asked second;
    desk.wait(look, kLongMs, first.respond());
    desk.wait(look, kLongMs, second.respond());
    EXPECT_EQ(second.answer.get().status, 503);
    there = true;
    desk.wake();
    EXPECT_EQ(first.answer.get().status, 200);
    int status = 503;
    while (status == 503) {  // the place is free a moment after the answer
        Asked third;
        desk.wait(look, kLongMs, third.respond());
        status = third.answer.get().status;
    }
    EXPECT_EQ(status, 200);
}

TEST(AnswerDesk, AnswersWhatWaitsWhenItStops) {
    AnswerDesk desk;
    Asked waiting;
    Asked late;
    const auto never = [] { return std::optional<http::Response>(); };
    desk.wait(never, kLongMs, waiting.respond());
    desk.stop();
    EXPECT_EQ(waiting.answer.get().status, 503);
    desk.wait(never, kLongMs, late.respond());
    EXPECT_EQ(late.answer.get().status, 503);
}

}  // namespace
}  // namespace hub::ingress
