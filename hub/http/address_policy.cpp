#include "hub/http/address_policy.hpp"

#include "hub/http/message.hpp"

#include <arpa/inet.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace hub::http {

namespace {

constexpr std::size_t kNameBytesMax = 253;
constexpr std::size_t kLabelBytesMax = 63;

using Bytes16 = std::array<std::uint8_t, 16>;
using Bytes4 = std::array<std::uint8_t, 4>;

struct Range4 {
    Bytes4 network;
    int bits;
};

struct Range6 {
    std::array<std::uint8_t, 4> head;  ///< the first four bytes are enough for every range here
    int bits;
};

constexpr std::array kRefused4 = {
    Range4{{0, 0, 0, 0}, 8},      Range4{{10, 0, 0, 0}, 8},     Range4{{100, 64, 0, 0}, 10},
    Range4{{127, 0, 0, 0}, 8},    Range4{{169, 254, 0, 0}, 16}, Range4{{172, 16, 0, 0}, 12},
    Range4{{192, 0, 0, 0}, 24},   Range4{{192, 0, 2, 0}, 24},   Range4{{192, 88, 99, 0}, 24},
    Range4{{192, 168, 0, 0}, 16}, Range4{{198, 18, 0, 0}, 15},  Range4{{198, 51, 100, 0}, 24},
    Range4{{203, 0, 113, 0}, 24}, Range4{{224, 0, 0, 0}, 4},    Range4{{240, 0, 0, 0}, 4},
};

// Inside 2000::/3, the only block of global unicast addresses; all else is refused anyway, with
// it loopback, link-local, unique-local, multicast and NAT64.
constexpr std::array kRefused6 = {
    Range6{{0x20, 0x01, 0x00, 0x00}, 23},  // protocol assignments: Teredo, ORCHID, benchmark
    Range6{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Range6{{0x20, 0x02, 0x00, 0x00}, 16},  // 6to4
    Range6{{0x3f, 0xff, 0x00, 0x00}, 20},  // documentation
};

std::uint32_t number(const std::uint8_t* bytes) {
    return static_cast<std::uint32_t>(bytes[0]) << 24 | static_cast<std::uint32_t>(bytes[1]) << 16 |
           static_cast<std::uint32_t>(bytes[2]) << 8 | static_cast<std::uint32_t>(bytes[3]);
}

bool inRange(std::uint32_t address, std::uint32_t network, int bits) {
    const std::uint32_t mask = ~std::uint32_t{0} << (32 - bits);
    return (address & mask) == (network & mask);
}

std::optional<Bytes4> readV4(const std::string& text) {
    Bytes4 bytes{};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) != 1) return std::nullopt;
    return bytes;
}

std::optional<Bytes16> readV6(const std::string& text) {
    Bytes16 bytes{};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
    return bytes;
}

std::optional<Bytes4> mappedV4(const Bytes16& bytes) {
    constexpr std::array<std::uint8_t, 12> kPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!std::equal(kPrefix.begin(), kPrefix.end(), bytes.begin())) return std::nullopt;
    return Bytes4{bytes[12], bytes[13], bytes[14], bytes[15]};
}

bool isPublic4(const Bytes4& bytes) {
    const std::uint32_t address = number(bytes.data());
    return std::none_of(kRefused4.begin(), kRefused4.end(), [address](const Range4& range) {
        return inRange(address, number(range.network.data()), range.bits);
    });
}

bool isPublic6(const Bytes16& bytes) {
    if (const auto mapped = mappedV4(bytes)) return isPublic4(*mapped);
    if ((bytes[0] & 0xe0) != 0x20) return false;
    const std::uint32_t head = number(bytes.data());
    return std::none_of(kRefused6.begin(), kRefused6.end(), [head](const Range6& range) {
        return inRange(head, number(range.head.data()), range.bits);
    });
}

bool isAlnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isLabel(std::string_view label) {
    return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' &&
           label.back() != '-' &&
           std::all_of(label.begin(), label.end(), [](char c) { return isAlnum(c) || c == '-'; });
}

}  // namespace

bool isAddress(std::string_view text) {
    const std::string copy(text);
    return readV4(copy).has_value() || readV6(copy).has_value();
}

std::string senderNetwork(std::string_view text) {
    constexpr std::size_t kNetworkBytes = 8;
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto v6 = readV6(std::string(text));
    if (!v6) return std::string(text);
    std::string network = "v6:";
    for (std::size_t i = 0; i < kNetworkBytes; ++i) {
        network += kHex[(*v6).at(i) >> 4U];
        network += kHex[(*v6).at(i) & 0xfU];
    }
    return network;
}

bool isLoopbackAddress(std::string_view text) {
    const std::string copy(text);
    if (const auto v4 = readV4(copy)) return (*v4)[0] == 127;
    const auto v6 = readV6(copy);
    if (!v6) return false;
    Bytes16 loopback{};
    loopback.back() = 1;
    return *v6 == loopback;
}

bool isPublicAddress(std::string_view text) {
    const std::string copy(text);
    if (const auto v4 = readV4(copy)) return isPublic4(*v4);
    const auto v6 = readV6(copy);
    return v6 && isPublic6(*v6);
}

bool isHostName(std::string_view text) {
    if (text.empty() || text.size() > kNameBytesMax) return false;
    std::string_view label;
    while (true) {
        const auto dot = text.find('.');
        label = text.substr(0, dot);
        if (!isLabel(label)) return false;
        if (dot == std::string_view::npos) break;
        text.remove_prefix(dot + 1);
    }
    // A name whose last label begins with a digit is read as a number by some resolvers
    // (decimal, octal, hex or short addresses); no public suffix begins with one.
    return !(label.front() >= '0' && label.front() <= '9');
}

bool hostAllowed(std::string_view host, const std::vector<std::string>& allowed) {
    return std::any_of(allowed.begin(), allowed.end(), [host](std::string_view pattern) {
        if (!pattern.starts_with("*.")) return equalsIgnoreCase(pattern, host);
        const std::string_view suffix = pattern.substr(1);
        return host.size() > suffix.size() &&
               equalsIgnoreCase(host.substr(host.size() - suffix.size()), suffix);
    });
}

}  // namespace hub::http
