/// The secrets of an account against those that a manifest asks for.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <hubsdk/model/manifest.hpp>

namespace hub::plugins {

/// Who proves the deliveries of an account: itself, or the connection that it shares.
enum class ProofBy : std::uint8_t { kAccount, kConnection };

/// What an account cannot do its work without and does not have: each required secret, and, where
/// a manifest requires none of several, one that proves deliveries and one for calls ("api_key or
/// client_secret"). `names` are the secrets that it has. Empty: it may be enabled. Any thread.
[[nodiscard]] std::vector<std::string> missingSecrets(const hubsdk::Manifest& manifest,
                                                      std::span<const std::string> names,
                                                      ProofBy proof_by);

}  // namespace hub::plugins
