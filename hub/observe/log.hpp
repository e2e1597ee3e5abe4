/// Structured logs: one line of JSON an event, through one adapter. Fields are codes, ids and
/// counts; personal data and secrets have no place in them (TM-LOG), and there is no way to pass a
/// document. Control characters are escaped, values cut.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace hub::observe {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// Longest value of a field in bytes; the rest is cut.
inline constexpr std::size_t kFieldBytesMax = 300;

struct LogField {
    std::string_view name;
    std::string value;

    LogField(std::string_view field, std::string_view text) : name(field), value(text) {}
    LogField(std::string_view field, const std::string& text) : name(field), value(text) {}
    LogField(std::string_view field, const char* text) : name(field), value(text) {}
    LogField(std::string_view field, std::int64_t number)
        : name(field), value(std::to_string(number)) {}
};

/// Writes one line to standard error. Any thread.
void log(Level level, std::string_view event, std::initializer_list<LogField> fields = {});

/// Lines below this level are dropped. Default kInfo. Any thread.
void setLevel(Level level);

/// The line that log would write, without time: for tests.
[[nodiscard]] std::string formatFields(std::string_view event,
                                       std::initializer_list<LogField> fields);

/// The text with everything masked that looks like a social security number, a card number or a
/// bearer credential: the second net behind the rule above.
[[nodiscard]] std::string masked(std::string_view text);

}  // namespace hub::observe
