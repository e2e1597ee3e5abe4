#include "sdk/plugin-api/testing/expected_document.hpp"

#include <algorithm>
#include <array>

#include <hubsdk/cpp/text.hpp>

namespace hubsdk::testing {
namespace {

constexpr std::array<std::string_view, 3> kForTheReader{"input", "vendor", "note"};

class Comparison {
public:
    void compare(Json expected, Json actual, const std::string& path) {
        if (expected.empty()) {
            if (!actual.empty()) differ(path, expected, actual);
        } else if (expected.kind() == JsonKind::kArray) {
            compareItems(expected, actual, path);
        } else if (expected.kind() == JsonKind::kObject) {
            for (const internal::JsonMember& member : expected.members()) {
                compareMember(member, actual, path + "/" + std::string(member.name));
            }
        } else if (toText(expected) != toText(actual)) {
            differ(path, expected, actual);
        }
    }

    std::vector<std::string> take() { return std::move(differences_); }

private:
    void differ(const std::string& path, Json expected, Json actual) {
        differences_.push_back(path + ": is " + toText(actual) + ", expected " + toText(expected));
    }

    void compareItems(Json expected, Json actual, const std::string& path) {
        if (expected.size() != actual.size()) return differ(path, expected, actual);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            compare(expected.at(i), actual.at(i), path + "/" + std::to_string(i));
        }
    }

    void compareMember(const internal::JsonMember& member, Json actual, const std::string& path) {
        const Json expected(&member.value);
        if (std::ranges::find(kForTheReader, member.name) != kForTheReader.end()) return;
        if (member.name == "checks") return compareChecks(expected, actual["checks"], path);
        if (member.name != "message_contains") return compare(expected, actual[member.name], path);
        if (!containsNoCase(actual["message"].text(), expected.text())) {
            differ(path, expected, actual["message"]);
        }
    }

    void compareChecks(Json expected, Json actual, const std::string& path) {
        if (expected.size() != actual.size()) return differ(path, expected, actual);
        for (const internal::JsonNode& node : expected.items()) {
            const Json check(&node);
            const std::string_view id = check["vendor_check_id"].text();
            const auto found = std::ranges::find_if(actual.items(), [id](const auto& candidate) {
                return Json(&candidate)["vendor_check_id"].text() == id;
            });
            const bool is_there = found != actual.items().end();
            compare(check, is_there ? Json(&*found) : Json(), path + "/" + std::string(id));
        }
    }

    std::vector<std::string> differences_;
};

}  // namespace

std::vector<std::string> differencesFrom(Json expected, Json actual) {
    Comparison comparison;
    comparison.compare(expected, actual, "");
    return comparison.take();
}

std::vector<std::string> differencesFrom(std::string_view expected_json,
                                         std::string_view actual_json) {
    const auto expected = JsonDocument::parse(expected_json);
    const auto actual = JsonDocument::parse(actual_json);
    if (!expected) return {"the expected document is no JSON: " + expected.error().text()};
    if (!actual) return {"the document is no JSON: " + actual.error().text()};
    return differencesFrom(expected->root(), actual->root());
}

}  // namespace hubsdk::testing
