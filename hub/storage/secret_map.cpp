#include "hub/storage/secret_map.hpp"

#include <algorithm>
#include <charconv>

namespace hub::storage {
namespace {

void put(std::string& out, std::string_view part) {
    out.append(std::to_string(part.size())).append(":").append(part);
}

template <class Number>
bool readNumber(std::string_view text, Number& number) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

/// Takes the next part from the front of `text`.
bool take(std::string_view& text, std::string& part) {
    const std::size_t colon = text.find(':');
    std::size_t size = 0;
    if (colon == std::string_view::npos || !readNumber(text.substr(0, colon), size)) return false;
    text.remove_prefix(colon + 1);
    if (size > text.size()) return false;
    part.assign(text.substr(0, size));
    text.remove_prefix(size);
    return true;
}

}  // namespace

CurrentSecrets valuesOf(const SecretMap& secrets, std::int64_t now_ms) {
    CurrentSecrets values;
    for (const auto& [name, list] : secrets) {
        for (const SecretValue& value : list) {
            if (value.expires_at_ms.value_or(now_ms + 1) > now_ms)
                values[name].push_back(value.text);
        }
    }
    return values;
}

void putSecret(SecretMap& secrets, const std::string& name, SecretValue value, CaptureMode mode) {
    auto& values = secrets[name];
    if (mode == CaptureMode::kReplace) values.clear();
    std::erase_if(values, [&](const SecretValue& old) { return old.text == value.text; });
    values.insert(values.begin(), std::move(value));
    if (values.size() > kSecretValuesMax) values.resize(kSecretValuesMax);
}

void putSecret(SecretMap& secrets, const CapturedValue& captured) {
    if (captured.old_until_ms) {
        for (SecretValue& old : secrets[captured.name]) {
            old.expires_at_ms = std::min(old.expires_at_ms.value_or(*captured.old_until_ms),
                                         *captured.old_until_ms);
        }
    }
    putSecret(secrets, captured.name, captured.value, captured.mode);
}

std::string encodeSecrets(const SecretMap& secrets) {
    std::string out;
    for (const auto& [name, values] : secrets) {
        for (const auto& value : values) {
            put(out, name);
            put(out, value.text);
            put(out, value.expires_at_ms ? std::to_string(*value.expires_at_ms) : std::string());
        }
    }
    return out;
}

hubsdk::Result<SecretMap> decodeSecrets(std::string_view text) {
    const auto broken = [] {
        return hubsdk::makeError(hubsdk::ErrorCode::kInvalid, "the secrets are of another form");
    };
    SecretMap secrets;
    while (!text.empty()) {
        std::string name;
        std::string expires;
        SecretValue value;
        if (!take(text, name) || !take(text, value.text) || !take(text, expires)) return broken();
        if (!expires.empty()) {
            std::int64_t at = 0;
            if (!readNumber(expires, at)) return broken();
            value.expires_at_ms = at;
        }
        secrets[name].push_back(std::move(value));
    }
    return secrets;
}

}  // namespace hub::storage
