/// Mapping tables: a vendor's words as canonical values, one row a word. What no table knows is
/// kept and counted, never guessed. Pure functions; any thread.
///
///     constexpr std::array<Word<OrderStatus>, 2> kStates{{
///         {"running", OrderStatus::kInProgress},
///         {"cancelled", OrderStatus::kCancelled},
///     }};
///     Unmapped unmapped;
///     seen.order_status = mapped(kStates, order["state"].text(), unmapped);
///     seen.unmapped = unmapped.take();
#pragma once

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/cpp/text.hpp>
#include <hubsdk/model/observation.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hubsdk {

/// One row of a table. Any struct with a member `word` will do for findWord.
template <class Value>
struct Word {
    std::string_view word;
    Value value;
};

/// Longest word that Unmapped keeps, in bytes.
inline constexpr std::size_t kUnmappedBytesMax = 50;

/// The words without a mapping, each once: Observation::unmapped. One thread.
class Unmapped {
public:
    /// The trimmed word, cut to kUnmappedBytesMax; nothing for an empty one.
    void add(std::string_view word);
    [[nodiscard]] std::vector<std::string> take() { return std::move(words_); }

private:
    std::vector<std::string> words_;
};

/// The row whose `word` is the same vendor word (sameWord: letter case, blanks, '-' and '_' do not
/// count, "canceled" is "cancelled"); null if none is. The pointer is into `table`.
template <class Table>
[[nodiscard]] const typename Table::value_type* findWord(const Table& table,
                                                         std::string_view word) {
    for (const auto& row : table) {
        if (sameWord(row.word, word)) return &row;
    }
    return nullptr;
}

/// The value of a word. Nothing for no word, and for an unknown one, which `unmapped` then names:
/// for a status that means "leave the stored one as it was".
template <class Table>
[[nodiscard]] auto mapped(const Table& table, std::string_view word, Unmapped& unmapped)
    -> std::optional<decltype(Table::value_type::value)> {
    if (const auto* row = findWord(table, word)) return row->value;
    unmapped.add(word);
    return std::nullopt;
}

/// Whether the vendor still works on what an outcome is about.
enum class Progress : std::uint8_t { kRunning, kFinished };

/// The outcome of a vendor's result. Without a word that the table knows it is undecided while the
/// vendor works, and afterwards for a person to review; it is never clear.
template <class Table>
[[nodiscard]] std::optional<CheckOutcome> mappedOutcome(const Table& table, std::string_view word,
                                                        Progress progress, Unmapped& unmapped) {
    if (const auto outcome = mapped(table, word, unmapped)) return outcome;
    if (progress == Progress::kRunning) return std::nullopt;
    return CheckOutcome::kPendingReview;
}

/// The status of an order that the vendor has finished with this result: completed if it is clear,
/// else pending_review. Nothing for an unknown word: the stored status stays.
template <class Table>
[[nodiscard]] std::optional<OrderStatus> finishedStatus(const Table& results,
                                                        std::string_view word) {
    const auto* row = findWord(results, word);
    if (row == nullptr && !trimmed(word).empty()) return std::nullopt;
    const bool clear = row != nullptr && row->value == CheckOutcome::kClear;
    return clear ? OrderStatus::kCompleted : OrderStatus::kPendingReview;
}

/// A time that the vendor may take back: absent if there is no such member or it is no time, null
/// if the vendor says null, else UTC as of utcOf.
[[nodiscard]] Patch<std::string> timeSaid(Json value);

}  // namespace hubsdk
