#include "hub/flows/record_cutter.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace hub::flows {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

constexpr std::array<std::string_view, 3> kFormats{"lines", "csv", "fixed"};
constexpr std::string_view kReserved = "xlsx";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool isBlank(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '\r' || c == '\n'; });
}

}  // namespace

Result<void> RecordCutter::check(const hubsdk::Records& rules) {
    if (rules.format == kReserved) {
        return makeError(ErrorCode::kUnsupported,
                         "records of xlsx cannot be cut: the format is reserved", "format");
    }
    if (std::ranges::find(kFormats, rules.format) == kFormats.end())
        return makeError(ErrorCode::kInvalid, "must be lines, csv or fixed", "format");
    const bool fixed = rules.format == "fixed";
    const std::int64_t size = rules.record_bytes.value_or(0);
    if (rules.record_bytes.has_value() != fixed ||
        (fixed && (size < 1 || size > static_cast<std::int64_t>(kRecordBytesMax)))) {
        return makeError(ErrorCode::kInvalid, "goes with fixed alone, 1 to 262144", "record_bytes");
    }
    if (rules.skip < 0 || rules.skip > kRecordsSkippedMax)
        return makeError(ErrorCode::kInvalid, "must be 0 to 1000", "skip");
    if (rules.head && (fixed || rules.skip == 0))
        return makeError(ErrorCode::kInvalid, "needs a text and a skipped record", "head");
    return {};
}

RecordCutter::RecordCutter(hubsdk::Records rules, Take take)
    : rules_(std::move(rules)), take_(std::move(take)) {}

Result<void> RecordCutter::feed(std::string_view bytes) {
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, kRecordBytesMax);
        bytes.remove_prefix(piece.size());
        buffer_.append(piece);
        if (at_file_start_ && buffer_.size() < kByteOrderMark.size()) continue;
        dropByteOrderMark();
        if (auto cut = cutAll(); !cut) return cut;
    }
    return {};
}

void RecordCutter::dropByteOrderMark() {
    if (!at_file_start_) return;
    at_file_start_ = false;
    if (isText() && buffer_.starts_with(kByteOrderMark)) buffer_.erase(0, kByteOrderMark.size());
}

Result<void> RecordCutter::cutAll() {
    for (;;) {
        while (findEnd()) {
            const std::string_view record(buffer_.data() + begin_, scanned_ - begin_);
            const bool dropped = dropping_;
            dropping_ = false;
            if (!dropped && record.size() > kRecordBytesMax) {
                noteBad();
            } else if (!dropped) {
                if (auto given = give(record); !given) return given;
            }
            startRecord(scanned_ + (isText() ? 1 : 0));
        }
        const bool too_long = buffer_.size() - begin_ > kRecordBytesMax;
        if (!too_long) break;
        if (!dropping_) noteBad();
        dropBadLine();
        if (dropping_) break;
    }
    buffer_.erase(0, begin_);
    scanned_ -= begin_;
    begin_ = 0;
    return {};
}

// Whether the record ends at scanned_.
bool RecordCutter::findEnd() {
    if (!isText()) {
        const auto size = static_cast<std::size_t>(*rules_.record_bytes);
        if (buffer_.size() - begin_ < size) return false;
        scanned_ = begin_ + size;
        return true;
    }
    for (; scanned_ < buffer_.size(); ++scanned_) {
        if (isLineEnd(buffer_[scanned_])) return true;
    }
    return false;
}

bool RecordCutter::isLineEnd(char c) {
    if (rules_.format != "csv" || dropping_) return c == '\n';
    const bool closed = std::exchange(closed_, false);
    const bool start = std::exchange(field_start_, false);
    if (c == '"') {
        // A quote right behind a closing one is a doubled one: the field goes on.
        const bool opens = start || closed;
        closed_ = quoted_;
        quoted_ = !quoted_ && opens;
        return false;
    }
    if (quoted_) return false;
    field_start_ = c == ',';
    return c == '\n';
}

void RecordCutter::startRecord(std::size_t begin) {
    begin_ = scanned_ = begin;
    quoted_ = closed_ = false;
    field_start_ = true;
}

void RecordCutter::noteBad() {
    ++bad_;
    ++records_;
    if (!first_bad_) first_bad_ = records_;
}

// Its first line goes; what a quote that nobody closed had swallowed is read again.
void RecordCutter::dropBadLine() {
    const std::size_t line_end = buffer_.find('\n', begin_);
    if (isText() && line_end != std::string::npos) return startRecord(line_end + 1);
    dropping_ = isText();
    startRecord(buffer_.size());
}

Result<void> RecordCutter::give(std::string_view record) {
    if (isText() && record.ends_with('\r')) record.remove_suffix(1);
    if (isText() && record.empty()) return {};
    ++records_;
    if (records_ > kRecordsMax)
        return makeError(ErrorCode::kTooLarge, "a file has at most 100000 records");
    if (records_ <= rules_.skip) {
        if (rules_.head && records_ == rules_.skip) head_ = std::string(record) + "\n";
        return {};
    }
    return head_.empty() ? take_(record) : take_(head_ + std::string(record));
}

Result<void> RecordCutter::end() {
    dropByteOrderMark();
    if (auto cut = cutAll(); !cut) return cut;
    while (buffer_.size() > begin_) {
        const std::string_view rest = std::string_view(buffer_).substr(begin_);
        if (dropping_ || isBlank(rest)) break;
        const bool whole = isText() && !quoted_;
        if (whole) {
            auto given = give(rest);
            startRecord(buffer_.size());
            return given;
        }
        noteBad();
        dropBadLine();
        if (auto cut = cutAll(); !cut) return cut;
    }
    return {};
}

}  // namespace hub::flows
