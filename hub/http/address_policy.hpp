/// Which hosts and addresses the hub may call (TM-OUT-2, TM-OUT-4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hub::http {

/// Whether text is an IPv4 address in four decimal parts or an IPv6 address without zone.
[[nodiscard]] bool isAddress(std::string_view text);

/// Whether text is an address of this machine: 127.0.0.0/8 or ::1.
[[nodiscard]] bool isLoopbackAddress(std::string_view text);

/// Whether text is an address on the public internet: not private, loopback, link-local, shared,
/// multicast, reserved, documentation, benchmark, 6to4, NAT64, Teredo or unique-local. An IPv4
/// address mapped into IPv6 is judged as IPv4. Ranges: the IANA special-purpose registries.
[[nodiscard]] bool isPublicAddress(std::string_view text);

/// What one sender has of an address that it cannot change at will: an IPv4 address itself, of an
/// IPv6 address the network of 64 bits in hex. Any other text comes back as it is.
[[nodiscard]] std::string senderNetwork(std::string_view text);

/// Whether text is a plain DNS name. Refuses addresses in every spelling (decimal, octal, hex,
/// short), a trailing dot, user info, and anything but ASCII letters, digits, dot and hyphen.
[[nodiscard]] bool isHostName(std::string_view text);

/// Whether `host` is allowed by a list of exact names and "*.suffix" patterns, compared without
/// case. An empty list allows nothing; a pattern does not match the suffix itself.
[[nodiscard]] bool hostAllowed(std::string_view host, const std::vector<std::string>& allowed);

}  // namespace hub::http
