#include "portal-api/json_case.hpp"

#include <algorithm>
#include <array>

namespace portal {
namespace {

using hubsdk::Json;
using hubsdk::JsonKind;

// Members whose own members are data with free keys.
constexpr std::array<std::string_view, 4> kFreeKeys{"settings", "secrets", "parameters", "result"};

bool isFree(std::string_view name) { return std::ranges::find(kFreeKeys, name) != kFreeKeys.end(); }

bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool isLower(char c) { return c >= 'a' && c <= 'z'; }

using Rename = std::string (*)(std::string_view);

void copy(hubsdk::JsonWriter& writer, Json json, Rename rename) {
    if (json.kind() == JsonKind::kArray) {
        writer.beginArray();
        for (std::size_t i = 0; i < json.size(); ++i) copy(writer, json.at(i), rename);
        return writer.endArray();
    }
    if (json.kind() != JsonKind::kObject) return writer.value(json);
    writer.beginObject();
    for (const hubsdk::internal::JsonMember& member : json.members()) {
        writer.key(rename(member.name));
        if (isFree(member.name)) {
            writer.value(Json(&member.value));
        } else {
            copy(writer, Json(&member.value), rename);
        }
    }
    writer.endObject();
}

std::string renamed(Json json, Rename rename) {
    std::string out;
    hubsdk::JsonWriter writer(out);
    copy(writer, json, rename);
    return out;
}

// Puts a step before the path of what lies below it.
std::string below(std::string step, const std::string& rest) {
    if (!rest.empty() && rest.front() != '[') step += '.';
    return step + rest;
}

}  // namespace

std::string camelCase(std::string_view snake) {
    std::string out;
    for (std::size_t i = 0; i < snake.size(); ++i) {
        const bool joins =
            snake[i] == '_' && i + 1 < snake.size() && isLower(snake[i + 1]) && i > 0;
        if (joins) {
            out += static_cast<char>(snake[++i] - 'a' + 'A');
        } else {
            out += snake[i];
        }
    }
    return out;
}

std::string snakeCase(std::string_view camel) {
    std::string out;
    for (const char c : camel) {
        if (isUpper(c)) {
            out += '_';
            out += static_cast<char>(c - 'A' + 'a');
        } else {
            out += c;
        }
    }
    return out;
}

std::string camelCased(Json json) { return renamed(json, &camelCase); }
std::string snakeCased(Json json) { return renamed(json, &snakeCase); }

std::optional<std::string> firstSnakeCased(Json json) {
    if (json.kind() == JsonKind::kArray) {
        for (std::size_t i = 0; i < json.size(); ++i) {
            if (auto rest = firstSnakeCased(json.at(i)))
                return below("[" + std::to_string(i) + "]", *rest);
        }
        return std::nullopt;
    }
    if (json.kind() != JsonKind::kObject) return std::nullopt;
    for (const hubsdk::internal::JsonMember& member : json.members()) {
        if (member.name.find('_') != std::string_view::npos) return std::string(member.name);
        if (isFree(member.name)) continue;
        if (auto rest = firstSnakeCased(Json(&member.value)))
            return below(std::string(member.name), *rest);
    }
    return std::nullopt;
}

std::string camelCasePath(std::string_view path) {
    if (isFree(path.substr(0, path.find('.')))) return std::string(path);
    return camelCase(path);
}

}  // namespace portal
