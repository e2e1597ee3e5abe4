#include "hub/http/outbound.hpp"

#include "hub/http/address_policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace hub::http {

namespace {

constexpr std::size_t kTargetBytesMax = 8 * 1024;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::uint16_t kHttpPort = 80;

// Fields that belong to the connection or decide about framing; the client writes them itself.
constexpr std::array<std::string_view, 8> kOwnFields = {
    "host", "connection", "content-length", "transfer-encoding",
    "te",   "trailer",    "upgrade",        "expect",
};

constexpr std::array<std::string_view, 3> kHarmlessFields = {"accept", "accept-language",
                                                             "user-agent"};

template <std::size_t kSize>
bool holds(const std::array<std::string_view, kSize>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(),
                       [name](std::string_view own) { return equalsIgnoreCase(own, name); });
}

Error invalid(std::string message, std::string path) {
    return hubsdk::makeError(ErrorCode::kInvalid, std::move(message), std::move(path));
}

bool isTarget(std::string_view target) {
    return target.starts_with('/') && target.size() <= kTargetBytesMax &&
           std::all_of(target.begin(), target.end(),
                       [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

std::optional<std::uint16_t> readPort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (code != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
    return port;
}

/// Cuts "scheme://" off and returns the scheme; empty when there is none that we speak.
std::string_view takeScheme(std::string_view& text) {
    for (const std::string_view scheme : {std::string_view("https"), std::string_view("http")}) {
        const std::size_t size = scheme.size();
        if (equalsIgnoreCase(text.substr(0, size), scheme) && text.substr(size, 3) == "://") {
            text.remove_prefix(size + 3);
            return scheme;
        }
    }
    return {};
}

Result<void> checkFields(const std::vector<HeaderField>& headers) {
    for (const HeaderField& field : headers) {
        if (!isToken(field.name) || !isFieldValue(field.value)) {
            return invalid("the header field cannot be written", "headers");
        }
        if (holds(kOwnFields, field.name)) {
            return invalid("the header field belongs to the client", "headers." + field.name);
        }
    }
    return {};
}

}  // namespace

Result<Route> readRoute(std::string_view text) {
    const Error bad = invalid("a route is http(s)://loopback-address:port", "routes");
    Route route;
    const std::string_view scheme = takeScheme(text);
    if (scheme.empty()) return bad;
    route.tls = scheme == "https";
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad;
    const auto port = readPort(text.substr(colon + 1));
    std::string_view address = text.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    if (!port || !isLoopbackAddress(address)) return bad;
    route.address = address;
    route.port = *port;
    return route;
}

Result<void> checkOutbound(const OutboundRequest& request, const ClientLimits& limits) {
    if (request.scheme != "https" && request.scheme != "http") {
        return invalid("the scheme is neither https nor http", "scheme");
    }
    if (!isHostName(request.host)) return invalid("the host is not a DNS name", "host");
    if (!hostAllowed(request.host, request.allowed_hosts)) {
        return hubsdk::makeError(ErrorCode::kForbidden, "the host is not allowed", request.host);
    }
    if (!isToken(request.method)) return invalid("the method is not a token", "method");
    if (!isTarget(request.target)) return invalid("the target is not in origin form", "target");
    if (request.deadline_ms <= 0 || request.deadline_ms > limits.deadline_ms_max) {
        return invalid("the deadline is out of range", "deadline_ms");
    }
    return checkFields(request.headers);
}

std::uint16_t portOf(const OutboundRequest& request) {
    if (request.port != 0) return request.port;
    return request.scheme == "https" ? kHttpsPort : kHttpPort;
}

std::string writeRequestHead(const OutboundRequest& request, std::string_view user_agent) {
    std::string head;
    head.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
    head.append(request.host);
    const std::uint16_t own_port = request.scheme == "https" ? kHttpsPort : kHttpPort;
    if (portOf(request) != own_port) head.append(":").append(std::to_string(portOf(request)));
    head.append("\r\n");
    if (!find(request.headers, "user-agent")) {
        head.append("User-Agent: ").append(user_agent).append("\r\n");
    }
    // Nothing is decompressed here, so nothing compressed is asked for (TM-OUT-5).
    if (!find(request.headers, "accept-encoding")) head.append("Accept-Encoding: identity\r\n");
    for (const HeaderField& field : request.headers) {
        head.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    const bool bodyless = request.method == "GET" || request.method == "HEAD";
    if (!request.body.empty() || !bodyless) {
        head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    }
    return head.append("\r\n");
}

Result<void> applyRedirect(OutboundRequest& request, std::string_view location) {
    location = location.substr(0, location.find('#'));
    if (location.starts_with('/') && !location.starts_with("//")) {
        request.target = location;
        return isTarget(location) ? Result<void>() : invalid("bad redirect target", "location");
    }
    const std::string_view scheme = takeScheme(location);
    if (scheme.empty()) return invalid("bad redirect", "location");
    if (request.scheme == "https" && scheme != "https") {
        return hubsdk::makeError(ErrorCode::kForbidden, "redirect away from https");
    }
    const auto path = std::min(location.find_first_of("/?"), location.size());
    const std::string_view authority = location.substr(0, path);
    const auto colon = std::min(authority.find(':'), authority.size());
    OutboundRequest next = request;
    next.scheme = scheme;
    next.host = authority.substr(0, colon);
    next.port = 0;
    if (colon < authority.size()) {
        const auto port = readPort(authority.substr(colon + 1));
        if (!port) return invalid("bad port in redirect", "location");
        next.port = *port;
    }
    next.target = location.substr(path);
    if (!next.target.starts_with('/')) next.target.insert(0, "/");
    if (!isHostName(next.host) || !isTarget(next.target)) {
        return invalid("bad redirect", "location");
    }
    if (!hostAllowed(next.host, next.allowed_hosts)) {
        return hubsdk::makeError(ErrorCode::kForbidden, "redirect to a host that is not allowed");
    }
    const bool same_origin = next.scheme == request.scheme && portOf(next) == portOf(request) &&
                             equalsIgnoreCase(next.host, request.host);
    if (!same_origin) {
        std::erase_if(next.headers,
                      [](const HeaderField& field) { return !holds(kHarmlessFields, field.name); });
    }
    request = std::move(next);
    return {};
}

}  // namespace hub::http
