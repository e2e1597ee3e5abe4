/// The settings of an account against the rules of a manifest.
#pragma once

#include <string>
#include <string_view>

#include <hubsdk/model/manifest.hpp>

namespace hub::plugins {

/// What to do about a required setting that is not there.
enum class MissingSettings : std::uint8_t { kRefuse, kAllow };

/// The settings as a plugin gets them: every setting of the manifest in its order, defaults filled
/// in, what is not set and has no default left out. A null counts as not set; empty text as {}.
/// Fails with kInvalid; `path` is the setting ("environment", "packages.basic"), the message never
/// repeats its value: a name that the manifest does not have, a wrong type, no value of the choice,
/// a required one that is missing. Any thread.
[[nodiscard]] hubsdk::Result<std::string> validateSettings(
    const hubsdk::Manifest& manifest, std::string_view json,
    MissingSettings missing = MissingSettings::kRefuse);

}  // namespace hub::plugins
