/// Compares an observation with an expected file by the rules of screening-canonical.md.
#pragma once

#include <string>

#include <hubsdk/cpp/json.hpp>

namespace hub::cli::testing {

/// The first difference as "path: expected …, got …"; empty if there is none. Members that the
/// expected value does not have are not compared, `checks` are matched by vendor_check_id, other
/// lists keep their order. An absent member counts as null, and as an empty list.
[[nodiscard]] std::string difference(hubsdk::Json expected, hubsdk::Json actual,
                                     const std::string& path = {});

}  // namespace hub::cli::testing
