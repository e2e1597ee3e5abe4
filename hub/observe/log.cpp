#include "hub/observe/log.hpp"

#include <hubsdk/cpp/json.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

namespace hub::observe {
namespace {

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = spdlog::stderr_logger_mt("hub");
        made->set_pattern(R"({"at":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                          spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::warn);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum levelOf(Level level) {
    switch (level) {
        case Level::kDebug:
            return spdlog::level::debug;
        case Level::kInfo:
            return spdlog::level::info;
        case Level::kWarning:
            return spdlog::level::warn;
        case Level::kError:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

// Digits in a row, with single separators between them, from `at`.
struct DigitRun {
    std::size_t digits = 0;
    std::size_t end = 0;
};

bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

DigitRun digitRun(std::string_view text, std::size_t at) {
    DigitRun run;
    for (std::size_t i = at; i < text.size(); ++i) {
        const bool separator =
            (text[i] == '-' || text[i] == ' ') && i + 1 < text.size() && isDigit(text[i + 1]);
        if (!isDigit(text[i]) && !separator) break;
        run.digits += isDigit(text[i]) ? 1 : 0;
        run.end = i + 1;
    }
    return run;
}

bool isWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::string masked(std::string_view text) {
    constexpr std::size_t kSsnDigits = 9;
    constexpr std::size_t kCardDigitsMin = 13;
    constexpr std::size_t kCardDigitsMax = 19;
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const bool starts =
            isDigit(text[i]) && (i == 0 || (!isWord(text[i - 1]) && text[i - 1] != '-'));
        const DigitRun run = starts ? digitRun(text, i) : DigitRun{};
        const bool ends = run.end == text.size() || (run.end > 0 && !isWord(text[run.end]));
        const bool personal = run.digits == kSsnDigits ||
                              (run.digits >= kCardDigitsMin && run.digits <= kCardDigitsMax);
        if (starts && ends && personal) {
            out += "***";
            i = run.end;
        } else if (text.substr(i).starts_with("Bearer ") || text.substr(i).starts_with("Basic ")) {
            const std::size_t value = text.find(' ', i) + 1;
            out.append(text, i, value - i);
            out += "***";
            i = std::min(text.find_first_of(" \"',", value), text.size());
        } else if (starts && run.end > i) {
            out.append(text, i, run.end - i);
            i = run.end;
        } else {
            out += text[i++];
        }
    }
    return out;
}

std::string formatFields(std::string_view event, std::initializer_list<LogField> fields) {
    std::string line;
    hubsdk::JsonWriter writer(line);
    writer.beginObject();
    writer.member("event", event);
    for (const LogField& field : fields) {
        writer.member(field.name, masked(std::string_view(field.value).substr(0, kFieldBytesMax)));
    }
    writer.endObject();
    return line;
}

void log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
    if (!logger().should_log(levelOf(level))) return;
    const std::string line = formatFields(event, fields);
    // The pattern opens the object: the brackets of the line itself are left out.
    logger().log(levelOf(level), spdlog::string_view_t(line.data() + 1, line.size() - 1));
}

void setLevel(Level level) { logger().set_level(levelOf(level)); }

}  // namespace hub::observe
