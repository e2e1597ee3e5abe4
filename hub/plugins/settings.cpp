#include "hub/plugins/settings.hpp"

#include <algorithm>
#include <array>

namespace hub::plugins {
namespace {

using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::Json;
using hubsdk::JsonKind;
using hubsdk::makeError;
using hubsdk::Result;
using hubsdk::SettingRule;

Error wrong(const std::string& path, std::string message) {
    return makeError(ErrorCode::kInvalid, std::move(message), path);
}

Result<void> checkText(const SettingRule& rule, Json value) {
    if (value.kind() != JsonKind::kString) return wrong(rule.name, "must be a text");
    return {};
}

Result<void> checkNumber(const SettingRule& rule, Json value) {
    if (!value.asDouble()) return wrong(rule.name, "must be a number");
    return {};
}

Result<void> checkFlag(const SettingRule& rule, Json value) {
    if (!value.asBool()) return wrong(rule.name, "must be true or false");
    return {};
}

Result<void> checkChoice(const SettingRule& rule, Json value) {
    const auto text = value.asString();
    if (text && std::ranges::find(rule.choices, *text) != rule.choices.end()) return {};
    std::string choices;
    for (const std::string& choice : rule.choices) {
        choices += (choices.empty() ? "" : ", ") + choice;
    }
    return wrong(rule.name, "is none of " + choices);
}

// Free names to single values, for example our package codes to the vendor's.
Result<void> checkMap(const SettingRule& rule, Json value) {
    if (value.kind() != JsonKind::kObject) return wrong(rule.name, "must be an object");
    for (const auto& member : value.members()) {
        if (!Json(&member.value).scalarText()) {
            return wrong(rule.name + "." + std::string(member.name),
                         "must be a text, number or flag");
        }
    }
    return {};
}

struct TypeRow {
    std::string_view name;
    Result<void> (*check)(const SettingRule&, Json);
};
constexpr std::array<TypeRow, 5> kTypes{{{"text", &checkText},
                                         {"number", &checkNumber},
                                         {"flag", &checkFlag},
                                         {"choice", &checkChoice},
                                         {"map", &checkMap}}};

Result<void> check(const SettingRule& rule, Json value) {
    for (const TypeRow& row : kTypes) {
        if (row.name == rule.type) return row.check(rule, value);
    }
    return wrong(rule.name, "has a type that this hub does not know");
}

Result<void> checkNames(const hubsdk::Manifest& manifest, Json settings) {
    for (const auto& member : settings.members()) {
        const bool known = std::ranges::find(manifest.settings, member.name, &SettingRule::name) !=
                           manifest.settings.end();
        if (!known) {
            return wrong(std::string(member.name), "is no setting of " + manifest.vendor);
        }
    }
    return {};
}

}  // namespace

Result<std::string> validateSettings(const hubsdk::Manifest& manifest, std::string_view json,
                                     MissingSettings missing) {
    auto document = hubsdk::JsonDocument::parse(json.empty() ? std::string_view("{}") : json);
    if (!document) return std::move(document).error();
    const Json settings = document->root();
    if (settings.kind() != JsonKind::kObject) return wrong("", "settings must be an object");
    auto named = checkNames(manifest, settings);
    if (!named) return std::move(named).error();

    std::string out;
    hubsdk::JsonWriter writer(out);
    writer.beginObject();
    for (const SettingRule& rule : manifest.settings) {
        const Json value = settings[rule.name];
        if (!value.empty()) {
            auto checked = check(rule, value);
            if (!checked) return std::move(checked).error();
            writer.key(rule.name);
            writer.value(value);
        } else if (!rule.fallback.json.empty()) {
            writer.key(rule.name);
            writer.raw(rule.fallback.json);
        } else if (rule.required && missing == MissingSettings::kRefuse) {
            return wrong(rule.name, "is required");
        }
    }
    writer.endObject();
    return out;
}

}  // namespace hub::plugins
