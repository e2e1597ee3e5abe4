/// Reading single members of Checkr's objects.
#pragma once

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/cpp/text.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr {

using hubsdk::Json;

/// Longest vendor word that is kept (status, result, unmapped word), in bytes.
inline constexpr std::size_t kWordBytesMax = 50;
/// Longest vendor id that is taken over, in bytes; theirs have 24 characters.
inline constexpr std::size_t kIdBytesMax = 100;

/// The text cut to `bytes_max`, never inside a UTF-8 sequence. Any thread.
[[nodiscard]] std::string clipped(std::string_view text, std::size_t bytes_max);

/// The trimmed text of a string member; nothing for null, absent, empty and other kinds.
[[nodiscard]] std::optional<std::string> textOf(Json value);

/// A vendor word as it is kept: textOf, clipped to kWordBytesMax.
[[nodiscard]] std::optional<std::string> wordOf(Json value);

/// An id; nothing if it is longer than kIdBytesMax.
[[nodiscard]] std::optional<std::string> idOf(Json value);

/// A day "YYYY-MM-DD"; nothing if it is partial, masked or does not exist.
[[nodiscard]] std::optional<std::string> dayOf(Json value);

/// A time as UTC "YYYY-MM-DDTHH:MM:SSZ".
[[nodiscard]] std::optional<std::string> timeOf(Json value);

/// Vendor words without a mapping (screening-canonical.md, outcome rule 7), each once.
class Unmapped {
public:
    void add(std::string_view word);
    [[nodiscard]] std::vector<std::string> take() { return std::move(words_); }

private:
    std::vector<std::string> words_;
};

/// The row of a table whose `word` is the same vendor word (outcome rule 8); null if none is.
template <class Table>
[[nodiscard]] const typename Table::value_type* findWord(const Table& table,
                                                         std::string_view word) {
    for (const auto& row : table) {
        if (hubsdk::sameWord(row.word, word)) return &row;
    }
    return nullptr;
}

}  // namespace vendor::checkr
