/// What a proxy in front says about the client, believed only from configured addresses.
#pragma once

#include "hub/http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

/// Sets `peer_address` and `secure` from `X-Forwarded-For` and `X-Forwarded-Proto` when the
/// connection comes from a trusted proxy; otherwise removes every forwarding field, so that no
/// handler can believe one by mistake (TM-HTTP-5). Of several addresses the right-most that is
/// not a trusted proxy counts: what stands left of it is the client's own word.
void applyForwarding(Request& request, const std::vector<std::string>& trusted_proxies);

/// Whether `address` (text of an IP address) is one of the trusted proxies.
[[nodiscard]] bool isTrusted(std::string_view address,
                             const std::vector<std::string>& trusted_proxies);

}  // namespace hub::http
