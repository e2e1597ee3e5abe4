/// Compares what a plugin said with the `*.expected.json` beside a vendor sample: what stands
/// there must be there, and nothing that it does not name is compared.
#pragma once

#include <hubsdk/cpp/json.hpp>

#include <string>
#include <vector>

namespace hubsdk::testing {

/// Each difference as "path: is …, expected …"; empty if there is none. Members absent from the
/// expected document are not compared, null and absent are the same, checks are matched by
/// vendor_check_id, `message_contains` is looked for in `message` without regard to case, and
/// input, vendor and note are for the reader.
[[nodiscard]] std::vector<std::string> differencesFrom(Json expected, Json actual);

/// The same over JSON texts; a text that is no JSON is a difference.
[[nodiscard]] std::vector<std::string> differencesFrom(std::string_view expected_json,
                                                       std::string_view actual_json);

}  // namespace hubsdk::testing
