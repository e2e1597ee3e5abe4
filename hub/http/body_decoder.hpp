/// Finds the body of a message in the bytes after its head, with Beast's parser.
#pragma once

#include "hub/http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace hub::http {

enum class MessageKind { kRequest, kReply, kReplyToHead };

/// Decodes one body, by length, in chunks, or (replies only) up to the end of the stream.
/// A body that is not `done()` is not whole and must not be used (TM-HTTP-3, TM-OUT-6).
class BodyDecoder {
public:
    /// `body_bytes_max` bounds the decoded body.
    BodyDecoder(MessageKind kind, std::uint64_t body_bytes_max);
    ~BodyDecoder();
    BodyDecoder(const BodyDecoder&) = delete;
    BodyDecoder& operator=(const BodyDecoder&) = delete;

    /// Takes the whole head, which HeadScanner and the head reader accepted before. Fails with
    /// kInvalid when Beast reads it otherwise, kTooLarge when its stated length is over the limit.
    [[nodiscard]] Result<void> begin(std::string_view head);

    /// Takes body bytes and returns how many it used; the rest is to be offered again, together
    /// with bytes that follow. Fails with kInvalid (bad chunk) or kTooLarge.
    [[nodiscard]] Result<std::size_t> feed(std::string_view bytes);

    /// The body is whole.
    [[nodiscard]] bool done() const;

    /// The body ends only with the stream: whoever reads must know that the end is genuine.
    [[nodiscard]] bool endsWithStream() const;

    /// Moves out what was decoded since the last call.
    [[nodiscard]] std::string take();

    /// How much was decoded and not taken yet, in bytes.
    [[nodiscard]] std::size_t held() const;

    struct Impl;  ///< public for the implementation only

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace hub::http
