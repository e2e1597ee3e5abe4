#include "hub/storage/sealed_cells.hpp"

#include "hub/storage/sealed_columns.hpp"

namespace hub::storage {

std::string SealedCells::seal(std::string_view tenant, std::string_view row,
                              std::string_view column, std::string_view plaintext) const {
    return vault_.seal({tenant, table_, column, row, keyClassOf(table_, column)}, plaintext);
}

std::optional<std::string> SealedCells::seal(std::string_view tenant, std::string_view row,
                                             std::string_view column,
                                             const std::optional<std::string>& plaintext) const {
    if (!plaintext) return std::nullopt;
    return seal(tenant, row, column, std::string_view(*plaintext));
}

std::string SealedCells::open(std::string_view tenant, std::string_view row,
                              std::string_view column, std::string_view sealed) const {
    auto opened = vault_.open({tenant, table_, column, row}, sealed);
    if (!opened.ok()) throw StorageError(StorageErrorCode::kCorrupt, opened.error().text());
    return std::move(opened).value();
}

std::optional<std::string> SealedCells::open(std::string_view tenant, std::string_view row,
                                             std::string_view column,
                                             const std::optional<std::string>& sealed) const {
    if (!sealed) return std::nullopt;
    return open(tenant, row, column, std::string_view(*sealed));
}

void requireOne(std::int64_t affected, hubsdk::ErrorCode code, const char* message) {
    if (affected != 1) throw UnitRefused(hubsdk::makeError(code, message));
}

void requireFresh(std::int64_t affected, const char* message) {
    if (affected != 1) throw StaleRow(hubsdk::makeError(hubsdk::ErrorCode::kConflict, message));
}

void requireFits(std::string_view text, std::size_t length_max, const char* column) {
    if (text.size() > length_max)
        throw UnitRefused(
            hubsdk::makeError(hubsdk::ErrorCode::kTooLarge, "text is too long", column));
}

std::string clipped(std::string_view text, std::size_t length_max) {
    if (text.size() > length_max) {
        // A UTF-8 continuation byte reads 10xxxxxx.
        while (length_max > 0 && (static_cast<unsigned char>(text[length_max]) & 0xc0U) == 0x80U)
            --length_max;
        text = text.substr(0, length_max);
    }
    return std::string(text);
}

}  // namespace hub::storage
