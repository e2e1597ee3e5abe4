#include "hub/cli/testing/canonical_difference.hpp"

#include <array>

namespace hub::cli::testing {
namespace {

using hubsdk::Json;
using hubsdk::JsonKind;

// Of the expected file itself, not of the observation.
constexpr std::array<std::string_view, 3> kNotCompared{"input", "vendor", "note"};

std::string shown(Json value) { return value.present() ? hubsdk::toText(value) : "nothing"; }

std::string differs(const std::string& path, Json expected, Json actual) {
    return path + ": expected " + shown(expected) + ", got " + shown(actual);
}

Json checkOf(Json checks, std::string_view id) {
    for (std::size_t i = 0; i < checks.size(); ++i) {
        if (checks.at(i)["vendor_check_id"].text() == id) return checks.at(i);
    }
    return Json();
}

std::string listDifference(Json expected, Json actual, const std::string& path) {
    if (expected.size() != actual.size()) return differs(path, expected, actual);
    const bool by_id = path.ends_with("checks");
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const Json wanted = expected.at(i);
        const Json found = by_id ? checkOf(actual, wanted["vendor_check_id"].text()) : actual.at(i);
        std::string text = difference(wanted, found, path + "[" + std::to_string(i) + "]");
        if (!text.empty()) return text;
    }
    return {};
}

std::string objectDifference(Json expected, Json actual, const std::string& path) {
    for (const auto& member : expected.members()) {
        bool skipped = false;
        for (const std::string_view name : kNotCompared)
            skipped |= path.empty() && name == member.name;
        if (skipped) continue;
        std::string inner = path + (path.empty() ? "" : ".") + std::string(member.name);
        std::string text = difference(Json(&member.value), actual[member.name], inner);
        if (!text.empty()) return text;
    }
    return {};
}

}  // namespace

std::string difference(Json expected, Json actual, const std::string& path) {
    switch (expected.kind()) {
        case JsonKind::kArray:
            if (expected.size() == 0 && actual.empty()) return {};
            if (actual.kind() != JsonKind::kArray) return differs(path, expected, actual);
            return listDifference(expected, actual, path);
        case JsonKind::kObject:
            if (actual.kind() != JsonKind::kObject) return differs(path, expected, actual);
            return objectDifference(expected, actual, path);
        case JsonKind::kNull:
            return actual.empty() ? std::string() : differs(path, expected, actual);
        default:
            return hubsdk::toText(expected) == shown(actual) ? std::string()
                                                             : differs(path, expected, actual);
    }
}

}  // namespace hub::cli::testing
