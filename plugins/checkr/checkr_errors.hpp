/// How Checkr says no (vendor sheet checkr.md, "Rate limit, paging, idempotency, errors").
#pragma once

#include <hubsdk/cpp/flow.hpp>

namespace vendor::checkr {

/// Class, retry and message of a refusal. Reads all four forms of the error body; the three
/// meanings of 409 are told apart by their text, the reset time of 429 is an ISO 8601 timestamp.
/// Only inside a flow (needs its clock).
[[nodiscard]] hubsdk::VendorError classifyReply(const hubsdk::Reply& reply);

}  // namespace vendor::checkr
