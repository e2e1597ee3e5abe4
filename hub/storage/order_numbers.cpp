#include "hub/storage/order_numbers.hpp"

#include <deque>
#include <mutex>
#include <optional>

#include "hub/storage/tenant_repository.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

std::string counterOf(const std::string& day) { return "order:" + day; }

std::string dayOf(std::int64_t now_ms) {
    std::string day = timeText(now_ms).substr(0, 10);
    std::erase(day, '-');
    return day;
}

}  // namespace

struct OrderNumbers::Stock {
    struct Range {
        std::int64_t next;
        std::int64_t left;
    };

    std::mutex mutex;
    Database* database = nullptr;  ///< guarded by mutex; null: every number is counted in its unit
    std::string day;               ///< guarded by mutex; the newest one that was asked for
    std::deque<Range> ranges;      ///< guarded by mutex; of `day`
    bool filling = false;          ///< guarded by mutex; one unit at a time

    std::optional<std::int64_t> take(const std::string& of_day) {
        const std::lock_guard lock(mutex);
        if (of_day > day) {
            day = of_day;
            ranges.clear();
        }
        if (of_day != day || ranges.empty()) return std::nullopt;
        Range& range = ranges.front();
        const std::int64_t number = range.next++;
        if (--range.left == 0) ranges.pop_front();
        return number;
    }

    /// Whom to ask for the next range; null if nobody is to be asked now.
    Database* toFillFrom(const std::string& of_day) {
        const std::lock_guard lock(mutex);
        std::int64_t left = 0;
        for (const Range& range : ranges) left += range.left;
        if (filling || of_day != day || left >= kOrderNumbersLow) return nullptr;
        filling = database != nullptr;
        return database;
    }

    void filled(const std::string& of_day, std::optional<std::int64_t> first) {
        const std::lock_guard lock(mutex);
        filling = false;
        if (first && of_day == day) ranges.push_back({*first, kOrderNumbersOfRange});
    }
};

OrderNumbers::OrderNumbers() : stock_(std::make_shared<Stock>()) {}

void OrderNumbers::fillFrom(Database& database) const {
    const std::lock_guard lock(stock_->mutex);
    stock_->database = &database;
}

std::string OrderNumbers::next(Connection& connection, std::int64_t now_ms) const {
    const std::string day = dayOf(now_ms);
    const auto kept = stock_->take(day);
    const std::int64_t number = kept ? *kept : nextNumber(connection, counterOf(day));
    if (Database* database = stock_->toFillFrom(day)) {
        // Only what is committed is handed out: a range that was rolled back is another's.
        const auto first = std::make_shared<std::int64_t>();
        database->submit(
            WriteQueue::kSystem,
            [first, day](Connection& other) {
                *first = nextNumber(other, counterOf(day), kOrderNumbersOfRange);
            },
            [stock = stock_, first, day](const hubsdk::Result<void>& done) {
                stock->filled(day, done.ok() ? std::optional(*first) : std::nullopt);
            });
    }
    std::string digits = std::to_string(number);
    if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
    return "CHX-" + day + "-" + digits;
}

}  // namespace hub::storage
