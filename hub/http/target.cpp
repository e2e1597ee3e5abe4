#include "hub/http/target.hpp"

#include <algorithm>

namespace hub::http {

namespace {

int hexValue(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The byte that "%xy" at the start of `text` stands for, or -1.
int percentValue(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return -1;
    const int high = hexValue(text[1]);
    const int low = hexValue(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool isVisible(std::string_view text, std::string_view refused) {
    return std::all_of(text.begin(), text.end(), [refused](char c) {
        return c > 0x20 && c < 0x7f && refused.find(c) == std::string_view::npos;
    });
}

bool isRefusedWhenEncoded(int value) {
    return value < 0x20 || value == 0x7f || value == '/' || value == '\\';
}

bool decodePath(std::string_view raw, std::string& path) {
    path.reserve(raw.size());
    while (!raw.empty()) {
        if (raw.front() != '%') {
            path.push_back(raw.front());
            raw.remove_prefix(1);
            continue;
        }
        const int value = percentValue(raw);
        if (value < 0 || isRefusedWhenEncoded(value)) return false;
        path.push_back(static_cast<char>(value));
        raw.remove_prefix(3);
    }
    return true;
}

bool isDoublyEncoded(std::string_view path) {
    for (auto at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
        if (percentValue(path.substr(at)) >= 0) return true;
    }
    return false;
}

bool hasBadSegment(std::string_view path) {
    path.remove_prefix(1);
    while (true) {
        const auto slash = path.find('/');
        const std::string_view segment = path.substr(0, slash);
        if (segment == "." || segment == "..") return true;
        if (slash == std::string_view::npos) return false;
        if (segment.empty()) return true;
        path.remove_prefix(slash + 1);
    }
}

}  // namespace

Result<Target> decodeTarget(std::string_view target) {
    const auto refuse = [] {
        return hubsdk::makeError(ErrorCode::kInvalid, "the request target is not allowed");
    };
    if (target.empty() || target.front() != '/') return refuse();
    const auto mark = std::min(target.find('?'), target.size());
    const std::string_view raw_path = target.substr(0, mark);
    Target result;
    if (mark < target.size()) result.query = target.substr(mark + 1);
    if (!isVisible(raw_path, "#\\\"<>^`{|}") || !isVisible(result.query, "#")) return refuse();
    if (!decodePath(raw_path, result.path)) return refuse();
    if (isDoublyEncoded(result.path) || hasBadSegment(result.path)) return refuse();
    return result;
}

}  // namespace hub::http
