/// Cuts a file into records as it streams by (plugin-contract section 7). No flow, no database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <hubsdk/model/flow.hpp>

namespace hub::flows {

/// The longest record; a longer one is bad, and its neighbours go on.
inline constexpr std::size_t kRecordBytesMax = std::size_t{256} * 1024;
/// Records of one file.
inline constexpr std::int64_t kRecordsMax = 100'000;
/// Records that may be skipped at the beginning.
inline constexpr std::int64_t kRecordsSkippedMax = 1'000;

/// Holds at most one piece of input and one record. One thread.
///
/// `lines` end at LF or CR LF. `csv` follows RFC 4180: a quoted field may hold separators and line
/// ends. `fixed` has no separators. A UTF-8 byte order mark at the beginning of a text is dropped,
/// and so are empty records. Bad is a record that is too long, a quote that nobody closes (the line
/// with it is bad, the next line begins anew), and a last record of `fixed` that is too short.
class RecordCutter {
public:
    /// Takes one record, without its line end. An error ends the cutting.
    using Take = std::function<hubsdk::Result<void>(std::string_view record)>;

    /// Fails with kUnsupported for a reserved format (xlsx), with kInvalid for rules that make no
    /// sense together.
    [[nodiscard]] static hubsdk::Result<void> check(const hubsdk::Records& rules);

    /// Precondition: check(rules) holds.
    RecordCutter(hubsdk::Records rules, Take take);

    /// The next bytes of the file, in pieces of any size. Fails with kTooLarge over kRecordsMax.
    hubsdk::Result<void> feed(std::string_view bytes);
    /// The file ends here.
    hubsdk::Result<void> end();

    [[nodiscard]] std::int64_t bad() const { return bad_; }
    /// The number of the first bad record, from 1, skipped ones counted.
    [[nodiscard]] std::optional<std::int64_t> firstBad() const { return first_bad_; }

private:
    hubsdk::Result<void> cutAll();
    [[nodiscard]] bool findEnd();
    bool isLineEnd(char c);
    void startRecord(std::size_t begin);
    void noteBad();
    void dropBadLine();
    void dropByteOrderMark();
    hubsdk::Result<void> give(std::string_view record);
    [[nodiscard]] bool isText() const { return rules_.format != "fixed"; }

    const hubsdk::Records rules_;
    const Take take_;
    std::string buffer_;
    std::size_t begin_ = 0;    // of the record that is being read
    std::size_t scanned_ = 0;  // up to here it holds no end
    bool quoted_ = false;
    bool closed_ = false;  // the last character closed a quote
    bool field_start_ = true;
    bool dropping_ = false;  // until the next line end
    bool at_file_start_ = true;
    std::string head_;
    std::int64_t records_ = 0;
    std::int64_t bad_ = 0;
    std::optional<std::int64_t> first_bad_;
};

}  // namespace hub::flows
