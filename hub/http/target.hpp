/// Request targets: origin form only, decoded once, free of path tricks (TM-HTTP-10).
#pragma once

#include "hub/http/message.hpp"

#include <string>
#include <string_view>

namespace hub::http {

struct Target {
    std::string path;   ///< percent-decoded once
    std::string query;  ///< as received, without the question mark
};

/// Takes an origin-form target apart. Fails with kInvalid for any other form, an encoded slash,
/// backslash, control character or percent sign that hides a second encoding, for empty and dot
/// segments, and for bytes that RFC 3986 does not allow.
[[nodiscard]] Result<Target> decodeTarget(std::string_view target);

}  // namespace hub::http
