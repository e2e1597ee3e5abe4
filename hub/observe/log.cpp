#include "hub/observe/log.hpp"

#include <hubsdk/cpp/json.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>

namespace hub::observe {
namespace {

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = spdlog::stderr_logger_mt("hub");
        made->set_pattern(R"({"at":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)",
                          spdlog::pattern_time_type::utc);
        made->flush_on(spdlog::level::warn);
        made->set_level(spdlog::level::trace);  // `lowest` says what is written
        return made;
    }();
    return *instance;
}

std::atomic<Level> lowest = Level::kInfo;

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

bool isMailPart(char c) {
    return isWord(c) || std::string_view("._%+-").find(c) != std::string_view::npos ||
           static_cast<unsigned char>(c) >= 0x80;
}

// The end of an e-mail address that begins at `at`, or `at` if none does.
std::size_t emailEnd(std::string_view text, std::size_t at) {
    constexpr std::size_t kLocalBytesMax = 64;
    if (at > 0 && isMailPart(text[at - 1])) return at;
    std::size_t sign = at;
    while (sign < text.size() && isMailPart(text[sign]) && sign - at <= kLocalBytesMax) ++sign;
    if (sign == at || sign >= text.size() || text[sign] != '@') return at;
    std::size_t end = sign + 1;
    while (end < text.size() && isMailPart(text[end])) ++end;
    return end > sign + 1 ? end : at;
}

// Lets a bounded number of lines of each event through in a second. Any thread.
class Flood {
public:
    // Nothing if the line is one too many; else how many were left out in the second before.
    std::optional<std::uint64_t> admit(std::string_view event) {
        const auto second = std::chrono::duration_cast<std::chrono::seconds>(
                                std::chrono::steady_clock::now().time_since_epoch())
                                .count();
        const std::lock_guard lock(mutex_);
        auto found = events_.find(event);
        if (found == events_.end()) {
            if (events_.size() >= kEventsMax) events_.clear();  // names are of the code: never
            found = events_.try_emplace(std::string(event)).first;
        }
        Window& window = found->second;
        std::uint64_t left_out = 0;
        if (window.second != second) {
            left_out = window.lines > kLinesPerEventMax ? window.lines - kLinesPerEventMax : 0;
            window = Window{second, 0};
        }
        if (++window.lines > kLinesPerEventMax) return std::nullopt;
        return left_out;
    }

private:
    struct Window {
        std::int64_t second = 0;
        std::uint64_t lines = 0;
    };
    static constexpr std::size_t kEventsMax = 1'000;
    std::mutex mutex_;
    std::map<std::string, Window, std::less<>> events_;  // guarded by mutex_
};

Flood& flood() {
    static Flood instance;
    return instance;
}

// The pattern opens the object, the line closes it.
void write(Level level, const std::string& line) {
    logger().log(levelOf(level), spdlog::string_view_t(line.data() + 1, line.size() - 1));
}

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
        } else if (const std::size_t end = emailEnd(text, i); end > i) {
            out += "***";
            i = end;
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
        writer.member(field.name.row().name,
                      masked(std::string_view(field.value).substr(0, kFieldBytesMax)));
    }
    writer.endObject();
    return line;
}

void log(Level level, std::string_view event, std::initializer_list<LogField> fields) {
    // Anchors of the audit trail are evidence: none is left out, however quiet the log is kept and
    // however many tenants there are.
    const bool evidence = event.starts_with("audit.");
    if (!evidence && level < lowest.load()) return;
    const auto left_out = evidence ? std::uint64_t{0} : flood().admit(event);
    if (!left_out) return;
    if (*left_out > 0) {
        write(Level::kWarning,
              formatFields("log.dropped",
                           {{"of", event}, {"dropped", static_cast<std::int64_t>(*left_out)}}));
    }
    write(level, formatFields(event, fields));
}

void setLevel(Level level) { lowest = level; }

}  // namespace hub::observe
