#include "hub/http/forwarded.hpp"

#include "hub/http/address_policy.hpp"

#include <algorithm>

namespace hub::http {

namespace {

bool isForwardingField(const HeaderField& field) {
    constexpr std::string_view kPrefix = "x-forwarded-";
    const std::string_view name = field.name;
    return equalsIgnoreCase(name.substr(0, kPrefix.size()), kPrefix) ||
           equalsIgnoreCase(name, "forwarded") || equalsIgnoreCase(name, "x-real-ip");
}

/// The last item of a comma-separated list, which is cut off `list`.
std::string_view takeLast(std::string_view& list) {
    const auto comma = list.rfind(',');
    if (comma == std::string_view::npos) {
        const std::string_view item = trimmed(list);
        list = {};
        return item;
    }
    const std::string_view item = trimmed(list.substr(comma + 1));
    list = list.substr(0, comma);
    return item;
}

std::string joined(const std::vector<HeaderField>& headers, std::string_view name) {
    std::string all;
    for (const HeaderField& field : headers) {
        if (!equalsIgnoreCase(field.name, name)) continue;
        if (!all.empty()) all += ',';
        all += field.value;
    }
    return all;
}

}  // namespace

bool isTrusted(std::string_view address, const std::vector<std::string>& trusted_proxies) {
    return std::find(trusted_proxies.begin(), trusted_proxies.end(), address) !=
           trusted_proxies.end();
}

void applyForwarding(Request& request, const std::vector<std::string>& trusted_proxies) {
    if (!isTrusted(request.peer_address, trusted_proxies)) {
        std::erase_if(request.headers, isForwardingField);
        return;
    }
    const std::string proto = joined(request.headers, "x-forwarded-proto");
    std::string_view protos = proto;
    if (!protos.empty()) request.secure = equalsIgnoreCase(takeLast(protos), "https");
    const std::string addresses = joined(request.headers, "x-forwarded-for");
    std::string_view rest = addresses;
    while (!rest.empty()) {
        const std::string_view address = takeLast(rest);
        if (!isAddress(address)) return;
        request.peer_address = address;
        if (!isTrusted(address, trusted_proxies)) return;
    }
}

}  // namespace hub::http
