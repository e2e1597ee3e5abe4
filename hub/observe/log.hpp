/// Structured logs: one line of JSON an event, through one adapter. Fields are codes, ids and
/// counts; personal data and secrets have no field (TM-LOG), and there is no way to pass a
/// document. Control characters are escaped, values cut, floods of one event cut too.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>

namespace hub::observe {

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// Longest value of a field in bytes; the rest is cut.
inline constexpr std::size_t kFieldBytesMax = 300;
/// Lines of one event in a second; what comes beyond is counted and told once the second is over.
inline constexpr std::uint64_t kLinesPerEventMax = 200;

/// What a field may hold. There is no class for personal data and none for secrets: such a field
/// does not exist, and a name that is not in the table does not compile.
enum class LogClass : std::uint8_t {
    kPublic,    ///< words of the code, counts, names of vendors, hosts and steps
    kInternal,  ///< ids and hashes that mean nothing without the database
    kText,      ///< sentences of ours, or of a plugin: masked whatever they hold
};

struct LogFieldRow {
    std::string_view name;
    LogClass log_class;
};

/// Every field there is. Whoever adds one says here what it may hold.
inline constexpr LogFieldRow kLogFields[] = {
    {"account", LogClass::kInternal},
    {"actions", LogClass::kPublic},
    {"code", LogClass::kPublic},
    {"command", LogClass::kPublic},
    {"count", LogClass::kPublic},
    {"delivery", LogClass::kInternal},
    {"dropped", LogClass::kPublic},
    {"error", LogClass::kText},
    {"flow", LogClass::kInternal},
    {"hash", LogClass::kInternal},
    {"host", LogClass::kPublic},
    {"label", LogClass::kPublic},
    {"line", LogClass::kText},
    {"of", LogClass::kPublic},
    {"ordinal", LogClass::kPublic},
    {"outcome", LogClass::kPublic},
    {"rows", LogClass::kPublic},
    {"request", LogClass::kText},
    {"route", LogClass::kPublic},
    {"seq", LogClass::kPublic},
    {"state", LogClass::kPublic},
    {"stored", LogClass::kPublic},
    {"tenant", LogClass::kInternal},
    {"vendor", LogClass::kPublic},
    {"vendor_order", LogClass::kInternal},
    {"vendor_orders", LogClass::kPublic},
    {"what", LogClass::kPublic},
    {"why", LogClass::kText},
};

/// The place in the table; its size for a name that is not there. No pointer: to compare one with
/// null is no constant expression for g++ 12 with sanitizers.
[[nodiscard]] constexpr std::size_t logFieldOf(std::string_view name) {
    std::size_t place = 0;
    while (place < std::size(kLogFields) && kLogFields[place].name != name) ++place;
    return place;
}

/// The name of a field, looked up while compiling (TM-LOG).
class LogName {
public:
    template <std::size_t size>
    consteval LogName(const char (&name)[size])  // a literal stands for its row
        : place_(logFieldOf(std::string_view(name, size - 1))) {
        if (place_ == std::size(kLogFields)) throw "no such field: see kLogFields";
    }
    [[nodiscard]] const LogFieldRow& row() const { return kLogFields[place_]; }

private:
    std::size_t place_;
};

/// One field with its value. Texts and whole numbers only: a document, a person or an address has
/// no way in.
struct LogField {
    LogName name;
    std::string value;

    LogField(LogName field, std::string_view text) : name(field), value(text) {}
    LogField(LogName field, const std::string& text) : name(field), value(text) {}
    LogField(LogName field, const char* text) : name(field), value(text) {}
    template <std::integral Number>
    LogField(LogName field, Number number) : name(field), value(std::to_string(number)) {}
};

/// Writes one line to standard error. Any thread.
void log(Level level, std::string_view event, std::initializer_list<LogField> fields = {});

/// Lines below this level are dropped, but those of `audit.`, which are evidence. Default kInfo.
/// Any thread.
void setLevel(Level level);

/// The line that log would write, without time: for tests.
[[nodiscard]] std::string formatFields(std::string_view event,
                                       std::initializer_list<LogField> fields);

/// The text with everything masked that looks like a social security number, a card number, an
/// address of e-mail or a bearer credential: the second net behind the rule above.
[[nodiscard]] std::string masked(std::string_view text);

}  // namespace hub::observe
