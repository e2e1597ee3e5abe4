/// Turns a call of a plugin into bytes and what came back into an outcome: checks it against the
/// manifest, puts secrets in, takes secrets out. Nothing assembled outlives the attempt.
#pragma once

#include "hub/flows/capture.hpp"
#include "hub/http/client.hpp"
#include "hub/security/pieces.hpp"
#include "hub/storage/account_repository.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

namespace hub::flows {

/// Largest reply that goes into the journal; more must go to a blob (plugin-contract section 6).
inline constexpr std::int64_t kReplyBytesMax = std::int64_t{1} * 1024 * 1024;

/// What the pieces of a call refer to. References must outlive the use.
struct CallContext {
    const storage::Account& account;
    const hubsdk::Manifest& manifest;
    const security::SecretValues& secrets;
    std::string_view public_url;
    std::int64_t now_ms = 0;
    std::function<const std::string_view*(std::string_view label)> reply;
    std::function<hubsdk::Result<std::string>(std::string_view id)> blob;
};

/// What became of an attempt.
enum class Attempt : std::uint8_t {
    kReplied,   ///< `status`, `headers` and `body` are the vendor's
    kNotSent,   ///< proven: the vendor has not seen it
    kHeldBack,  ///< not sent either, by a bound of ours: says nothing about the vendor
    kLost,      ///< it may have been executed
    kRefused,   ///< we do not send it: outside the manifest, or its bytes cannot be assembled
    kTooLarge,  ///< executed, but its reply is over the limit
};

struct CallOutcome {
    Attempt attempt = Attempt::kRefused;
    int status = 0;
    std::vector<hubsdk::Header> headers;
    std::string body;
    std::vector<CapturedSecret> captured;
    std::string error;  ///< safe to store
};

/// The time limit of a call: its own, the manifest's or the account's, at most 120 s.
[[nodiscard]] std::int64_t deadlineMs(const hubsdk::Call& call, const hubsdk::Manifest& manifest,
                                      const storage::Account& account);

/// The request as it goes out. Fails with kForbidden or kInvalid for what the manifest does not
/// allow (TM-OUT-4) and for pieces that cannot be assembled. Any thread.
[[nodiscard]] hubsdk::Result<http::OutboundRequest> assembleCall(const hubsdk::Call& call,
                                                                 std::string_view idempotency_key,
                                                                 const CallContext& context);

/// The outcome of an attempt that was refused before it was sent.
[[nodiscard]] CallOutcome refusedOutcome(const hubsdk::Error& error);

/// What an answer means, with captured secrets taken out of it (good answers only).
[[nodiscard]] CallOutcome outcomeOf(http::SendResult sent, const hubsdk::Call& call,
                                    std::int64_t now_ms);

/// Several calls under way at once, on the client's thread. `send` and `next` by one thread.
class CallBatch {
public:
    explicit CallBatch(http::Client& client) : client_(client) {}

    void send(std::size_t index, http::OutboundRequest request);
    /// The next call that ended, in the order of their ends; waits for it, at most for the longest
    /// deadline. Precondition: fewer were taken than sent.
    [[nodiscard]] std::pair<std::size_t, http::SendResult> next();

private:
    // Shared with the callbacks, which may come after an exception ended the batch.
    struct Ended {
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<std::pair<std::size_t, http::SendResult>> results;
    };
    http::Client& client_;
    std::shared_ptr<Ended> ended_ = std::make_shared<Ended>();
};

}  // namespace hub::flows
