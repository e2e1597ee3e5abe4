#include "hub/storage/time_text.hpp"

#include <chrono>

#include "hub/storage/connection.hpp"

namespace hub::storage {
namespace {

using namespace std::chrono;

constexpr std::string_view kForm = "0000-00-00 00:00:00.000";

void putDigits(std::string& text, std::size_t at, std::size_t width, std::int64_t value) {
    for (std::size_t i = width; i-- > 0; value /= 10)
        text[at + i] = static_cast<char>('0' + value % 10);
}

int takeDigits(std::string_view text, std::size_t at, std::size_t width) {
    int value = 0;
    for (const char c : text.substr(at, width)) value = value * 10 + (c - '0');
    return value;
}

bool hasForm(std::string_view text) {
    if (text.size() != kForm.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool digit = text[i] >= '0' && text[i] <= '9';
        if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return false;
    }
    return true;
}

}  // namespace

std::string timeText(std::int64_t epoch_ms) {
    const sys_time<milliseconds> instant{milliseconds{epoch_ms}};
    const auto day = floor<days>(instant);
    const year_month_day date{day};
    const hh_mm_ss clock{instant - day};
    const int year = static_cast<int>(date.year());
    if (year < 0 || year > 9999)
        throw StorageError(StorageErrorCode::kMisuse, "time outside the years 0 to 9999");
    std::string text(kForm);
    putDigits(text, 0, 4, year);
    putDigits(text, 5, 2, static_cast<unsigned>(date.month()));
    putDigits(text, 8, 2, static_cast<unsigned>(date.day()));
    putDigits(text, 11, 2, clock.hours().count());
    putDigits(text, 14, 2, clock.minutes().count());
    putDigits(text, 17, 2, clock.seconds().count());
    putDigits(text, 20, 3, clock.subseconds().count());
    return text;
}

std::optional<std::string> timeText(const std::optional<std::int64_t>& epoch_ms) {
    if (!epoch_ms) return std::nullopt;
    return timeText(*epoch_ms);
}

std::int64_t parseTime(std::string_view text) {
    if (hasForm(text)) {
        const year_month_day date{year{takeDigits(text, 0, 4)},
                                  month{static_cast<unsigned>(takeDigits(text, 5, 2))},
                                  day{static_cast<unsigned>(takeDigits(text, 8, 2))}};
        const int hour = takeDigits(text, 11, 2);
        const int minute = takeDigits(text, 14, 2);
        const int second = takeDigits(text, 17, 2);
        if (date.ok() && hour < 24 && minute < 60 && second < 60)
            return (sys_days{date}.time_since_epoch() + hours{hour} + minutes{minute} +
                    seconds{second} + milliseconds{takeDigits(text, 20, 3)}) /
                   milliseconds{1};
    }
    throw StorageError(StorageErrorCode::kCorrupt, "a stored time has another form");
}

}  // namespace hub::storage
