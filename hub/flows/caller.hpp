/// Sends one call of a plugin: checks it against the manifest, assembles its bytes, sends them, and
/// takes secrets out of the answer. Nothing assembled outlives the attempt.
#pragma once

#include "hub/flows/capture.hpp"
#include "hub/http/client.hpp"
#include "hub/security/pieces.hpp"
#include "hub/storage/account_repository.hpp"

#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

namespace hub::flows {

struct CallContext {
    const storage::Account& account;
    const hubsdk::Manifest& manifest;
    security::SecretValues secrets;
    std::string public_url;
    std::string idempotency_key;
    std::int64_t now_ms = 0;
    std::function<const std::string_view*(std::string_view label)> reply;
    std::function<hubsdk::Result<std::string>(std::string_view id)> blob;
};

/// What became of an attempt.
enum class Attempt : std::uint8_t {
    kReplied,  ///< `status`, `headers` and `body` are the vendor's
    kNotSent,  ///< proven: the vendor has not seen it
    kLost,     ///< it may have been executed
    kRefused,  ///< we do not send it: outside the manifest, or its bytes cannot be assembled
};

struct CallOutcome {
    Attempt attempt = Attempt::kRefused;
    int status = 0;
    std::vector<hubsdk::Header> headers;
    std::string body;
    std::vector<CapturedSecret> captured;
    std::string error;  ///< safe to store
};

/// Blocks until the call's deadline at the latest (manifest, at most 120 s). Any thread that may
/// wait.
[[nodiscard]] CallOutcome sendCall(http::Client& client, const hubsdk::Call& call,
                                   CallContext context);

}  // namespace hub::flows
