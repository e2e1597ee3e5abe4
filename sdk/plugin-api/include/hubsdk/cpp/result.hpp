/// Result<T>: the outcome of an operation that may fail in an expected way.
#pragma once

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace hubsdk {

/// Every way in which an operation can fail. Twelve on purpose: a caller acts on the code, a person
/// reads the message. `httpStatus` maps a code to the answer of the portal API.
enum class ErrorCode : std::uint8_t {
    kInvalid,       ///< the input is wrong; `path` names the field
    kUnauthorized,  ///< no proof, or a proof that does not hold
    kForbidden,     ///< proven, but not allowed
    kNotFound,      ///< no such object, or one that the caller may not see
    kConflict,      ///< the state does not allow it
    kStale,         ///< outside its time window, or older than what is stored
    kTooLarge,      ///< over a named limit
    kRateLimited,   ///< too many; see `retry_after_ms`
    kUnavailable,   ///< a peer is away or a queue is full
    kTimeout,       ///< a deadline passed
    kUnsupported,   ///< understood, but not offered here
    kInternal,      ///< our own mistake
};

/// The code's stable text, for example "invalid". Any thread; the view lives for ever.
[[nodiscard]] std::string_view nameOf(ErrorCode code);

/// The HTTP status with which the portal API answers this code (docs/errors.md).
[[nodiscard]] int httpStatus(ErrorCode code);

/// Why an operation failed. `message` is safe to show: it holds no personal data and no secret.
struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string message;
    std::string path;  ///< field ("order.applicant.email") or vendor reference
    std::optional<std::int64_t> retry_after_ms;  ///< when waiting helps, how long
    std::shared_ptr<const Error> cause;

    /// "path: message", or the message alone.
    [[nodiscard]] std::string text() const {
        return path.empty() ? message : path + ": " + message;
    }
};

/// Makes an Error in one expression.
[[nodiscard]] inline Error makeError(ErrorCode code, std::string message, std::string path = {}) {
    return Error{code, std::move(message), std::move(path), std::nullopt, nullptr};
}

/// A value or an Error. Never empty. Values are moved out with `std::move(result).value()`.
/// Not synchronised: use one object from one thread at a time.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    /// The value. Precondition: ok().
    [[nodiscard]] T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
    [[nodiscard]] const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
    [[nodiscard]] T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }

    /// The error. Precondition: !ok().
    [[nodiscard]] const Error& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
    [[nodiscard]] Error&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

private:
    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
    explicit operator bool() const noexcept { return ok(); }
    [[nodiscard]] const Error& error() const& { return assert(!ok()), *error_; }
    [[nodiscard]] Error&& error() && { return assert(!ok()), std::move(*error_); }

private:
    std::optional<Error> error_;
};

}  // namespace hubsdk
