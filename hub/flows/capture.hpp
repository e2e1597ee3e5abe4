/// Takes secrets out of a reply before anybody sees it (plugin-contract section 2).
#pragma once

#include "hub/storage/secret_map.hpp"

#include <hubsdk/model/flow.hpp>

namespace hub::flows {

struct CapturedSecret {
    std::string name;
    storage::SecretValue value;
    storage::CaptureMode mode = storage::CaptureMode::kReplace;
    bool transient = false;  ///< for the flow's caller, not for the account
};

struct CapturedReply {
    std::string body;  ///< with every captured value replaced by "***"
    std::vector<CapturedSecret> secrets;
};

/// Finds the values that the captures point to, and blanks them. A pointer that leads nowhere takes
/// nothing. If the body is no JSON it is kept out altogether: it might hold the secret in a form
/// that nobody can find. `now_ms` turns lifetimes in seconds into times. Any thread.
[[nodiscard]] CapturedReply captureSecrets(std::string body,
                                           const std::vector<hubsdk::Capture>& captures,
                                           std::int64_t now_ms);

}  // namespace hub::flows
