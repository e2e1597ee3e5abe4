/// An account's secrets by name, each with every value that is current.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <hubsdk/cpp/result.hpp>

namespace hub::storage {

struct SecretValue {
    std::string text;
    std::optional<std::int64_t> expires_at_ms;
};

/// Newest value first: it is used to send; any of them may prove a delivery.
using SecretMap = std::map<std::string, std::vector<SecretValue>>;

/// Values kept per name; adding one more drops the oldest.
inline constexpr std::size_t kSecretValuesMax = 8;

/// The values alone, as pieces take them.
using CurrentSecrets = std::map<std::string, std::vector<std::string>, std::less<>>;

/// The values that have not expired; a name without one is left out.
[[nodiscard]] CurrentSecrets valuesOf(const SecretMap& secrets, std::int64_t now_ms);

enum class CaptureMode : std::uint8_t { kAdd, kReplace };

/// A value that a reply brought, and how it joins those that the account has.
struct CapturedValue {
    std::string name;
    SecretValue value;
    CaptureMode mode = CaptureMode::kReplace;
    /// kAdd: those it had expire then, or sooner if they would have anyway. Nothing: as they are.
    std::optional<std::int64_t> old_until_ms = std::nullopt;
};

/// Puts a value first, or in place of all others. An equal value is moved, not doubled.
void putSecret(SecretMap& secrets, const std::string& name, SecretValue value, CaptureMode mode);
void putSecret(SecretMap& secrets, const CapturedValue& captured);

/// The plain form that is then sealed: a sequence of `<size>:<bytes>`.
[[nodiscard]] std::string encodeSecrets(const SecretMap& secrets);
/// kInvalid if the text is of another form.
[[nodiscard]] hubsdk::Result<SecretMap> decodeSecrets(std::string_view text);

}  // namespace hub::storage
