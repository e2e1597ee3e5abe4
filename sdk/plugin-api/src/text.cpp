#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace hubsdk {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The number of `count` digits at `at`; -1 if they are no digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return -1;
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (!isDigit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

std::optional<std::chrono::sys_days> dayOf(std::string_view text) {
    if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const int year = digits(text, 0, 4);
    const int month = digits(text, 5, 2);
    const int day = digits(text, 8, 2);
    if (year < 0 || month < 0 || day < 0) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

// Minutes east of UTC of "Z", "+hh:mm" or "-hh:mm"; nothing for anything else.
std::optional<int> zoneMinutes(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return std::nullopt;
    const int hours = digits(text, 1, 2);
    const int minutes = digits(text, 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

int hexDigit(char c) {
    if (isDigit(c)) return c - '0';
    const char small = lower(c);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

namespace {

char wordLetter(char c) { return c == '-' || c == ' ' ? '_' : lower(c); }

// Trimmed, and the one word that has two spellings in the other one.
std::string_view spelling(std::string_view word) {
    word = trimmed(word);
    return equalNoCase(word, "canceled") ? std::string_view("cancelled") : word;
}

}  // namespace

std::string clipped(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    return std::string(text.substr(0, size));
}

std::string normalisedWord(std::string_view word) {
    std::string out(spelling(word));
    std::ranges::transform(out, out.begin(), wordLetter);
    return out;
}

bool sameWord(std::string_view word, std::string_view known) {
    return std::ranges::equal(spelling(word), spelling(known), {}, wordLetter, wordLetter);
}

bool equalNoCase(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, {}, lower, lower);
}

bool containsNoCase(std::string_view text, std::string_view needle) {
    // Not std::ranges::search: clang 14 cannot read libstdc++'s subrange.
    const auto same = [](char left, char right) { return lower(left) == lower(right); };
    return needle.empty() ||
           std::search(text.begin(), text.end(), needle.begin(), needle.end(), same) != text.end();
}

bool isDate(std::string_view text) { return text.size() == 10 && dayOf(text).has_value(); }

std::optional<std::string> dateOf(std::string_view text) {
    text = trimmed(text);
    if (!dayOf(text)) return std::nullopt;
    const std::string_view zone = text.substr(10);
    if (!zone.empty() && !zoneMinutes(zone)) return std::nullopt;
    return std::string(text.substr(0, 10));
}

std::optional<std::int64_t> timestampOf(std::string_view text) {
    text = trimmed(text);
    const auto day = dayOf(text);
    if (!day || text.size() < 20 || (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) {
        return std::nullopt;
    }
    const int hour = digits(text, 11, 2);
    const int minute = digits(text, 14, 2);
    const int second = digits(text, 17, 2);
    if (text[13] != ':' || text[16] != ':' || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60) {
        return std::nullopt;
    }
    std::size_t at = 19;
    int millis = 0;
    if (at < text.size() && text[at] == '.') {
        int weight = 100;
        if (at + 1 >= text.size() || !isDigit(text[at + 1])) return std::nullopt;
        for (++at; at < text.size() && isDigit(text[at]); ++at, weight /= 10) {
            millis += (text[at] - '0') * weight;
        }
    }
    const auto zone = zoneMinutes(text.substr(at));
    if (!zone) return std::nullopt;
    const std::int64_t days = day->time_since_epoch().count();
    const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - *zone * 60;
    return seconds * 1000 + millis;
}

std::string formatUtc(std::int64_t epoch_ms) {
    using namespace std::chrono;
    const sys_seconds time{floor<seconds>(milliseconds(epoch_ms))};
    const sys_days day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    std::array<char, 40> buffer{};
    const int size = std::snprintf(
        buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
        static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
    return {buffer.data(), static_cast<std::size_t>(size)};
}

std::optional<std::string> utcOf(std::string_view text) {
    const auto time = timestampOf(text);
    if (!time) return std::nullopt;
    return formatUtc(*time);
}

std::string percentEncoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool unreserved = isDigit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' ||
                                c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
        } else {
            out += '%';
            out += kHexUpper[byte >> 4];
            out += kHexUpper[byte & 15];
        }
    }
    return out;
}

std::string percentDecoded(std::string_view text, PlusSign plus) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
        const int low = high >= 0 ? hexDigit(text[i + 2]) : -1;
        if (low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += text[i] == '+' && plus == PlusSign::kBlank ? ' ' : text[i];
        }
    }
    return out;
}

std::optional<std::string> formField(std::string_view form, std::string_view name) {
    while (!form.empty()) {
        const std::string_view pair = form.substr(0, form.find('&'));
        form.remove_prefix(std::min(pair.size() + 1, form.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (percentDecoded(pair.substr(0, equals), PlusSign::kBlank) != name) continue;
        return percentDecoded(pair.substr(std::min(equals + 1, pair.size())), PlusSign::kBlank);
    }
    return std::nullopt;
}

std::string utf8FromLatin1(std::string_view bytes) {
    std::string out;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            out += c;
        } else {
            out += static_cast<char>(0xC0 | (byte >> 6));
            out += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return out;
}

std::string base64Encoded(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
        };
        const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
        out += kBase64[group >> 18 & 63];
        out += kBase64[group >> 12 & 63];
        out += i + 1 < bytes.size() ? kBase64[group >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? kBase64[group & 63] : '=';
    }
    return out;
}

std::optional<std::string> base64Decoded(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const std::size_t pad = last && text[i + 3] == '=' ? (text[i + 2] == '=' ? 2 : 1) : 0;
        unsigned group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const std::size_t value = k >= 4 - pad ? 0 : kBase64.find(text[i + k]);
            if (value == std::string_view::npos) return std::nullopt;
            group = group << 6 | static_cast<unsigned>(value);
        }
        // Bits behind the last byte must be zero, so that each content has one encoding.
        if ((pad == 1 && (group & 0xFF) != 0) || (pad == 2 && (group & 0xFFFF) != 0))
            return std::nullopt;
        out += static_cast<char>(group >> 16);
        if (pad < 2) out += static_cast<char>(group >> 8 & 0xFF);
        if (pad < 1) out += static_cast<char>(group & 0xFF);
    }
    return out;
}

std::string fnv1a(std::string_view bytes) {
    std::uint64_t hash = 14695981039346656037ULL;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out(16, '0');
    for (std::size_t i = 0; i < 16; ++i) out[15 - i] = kHex[hash >> (4 * i) & 15];
    return out;
}

}  // namespace hubsdk
