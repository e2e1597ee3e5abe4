#include "hub/cli/audit_verify.hpp"

#include <array>
#include <charconv>
#include <iostream>

#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"
#include "hub/http/client.hpp"
#include "hub/security/key_file.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::cli {
namespace {

using hubsdk::ErrorCode;
using hubsdk::JsonDocument;
using hubsdk::makeError;
using hubsdk::Result;

constexpr std::string_view kPath = "/api/v1/admin/audit/verify";
constexpr std::int64_t kCallDeadlineMs = 60'000;
constexpr std::size_t kAnswerBytesMax = std::size_t{256} * 1024;
// Calls go on as long as each gets further; this many would be a hundred million entries.
constexpr int kCallsMax = 10'000;

struct HubAddress {
    std::string scheme;
    std::string host;
    std::uint16_t port = 0;
};

bool isThisMachine(std::string_view host) {
    constexpr std::array<std::string_view, 2> kNames{"localhost", "127.0.0.1"};
    return host == kNames[0] || host == kNames[1];
}

Result<HubAddress> addressOf(std::string_view url) {
    HubAddress address;
    const auto colons = url.find("://");
    if (colons == std::string_view::npos)
        return makeError(ErrorCode::kInvalid, "is no http:// or https:// address", "--url");
    address.scheme = url.substr(0, colons);
    std::string_view rest = url.substr(colons + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    address.port = address.scheme == "https" ? 443 : 80;
    if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
        const std::string_view digits = rest.substr(colon + 1);
        const auto [end, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
        if (code != std::errc{} || end != digits.data() + digits.size())
            return makeError(ErrorCode::kInvalid, "has no port behind the colon", "--url");
        rest = rest.substr(0, colon);
    }
    address.host = rest;
    if (address.host.empty() || address.host.find('/') != std::string::npos)
        return makeError(ErrorCode::kInvalid, "is scheme://host:port, without a path", "--url");
    if (address.scheme == "https") return address;
    if (address.scheme == "http" && isThisMachine(address.host)) return address;
    return makeError(ErrorCode::kInvalid,
                     "must be https, or http to 127.0.0.1: the key is not sent in the clear",
                     "--url");
}

http::ClientConfig configOf(const HubAddress& address, const std::string& ca_file) {
    http::ClientConfig config;
    config.user_agent = "hubctl";
    config.ca_file = ca_file;
    config.ports_allowed = {address.port};
    // A name instead of the address: the client speaks in the clear only over such a route.
    if (address.scheme == "http")
        config.routes["localhost"] = "http://127.0.0.1:" + std::to_string(address.port);
    return config;
}

Result<JsonDocument> ask(http::Client& client, const HubAddress& address, const std::string& key,
                         std::int64_t after_seq) {
    http::OutboundRequest request;
    request.method = "POST";
    request.scheme = address.scheme;
    request.host = address.scheme == "http" ? "localhost" : address.host;
    request.port = address.port;
    request.target = kPath;
    request.headers = {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}};
    request.body = R"({"afterSeq":)" + std::to_string(after_seq) + "}";
    request.deadline_ms = kCallDeadlineMs;
    request.answer_bytes_max = kAnswerBytesMax;
    request.allowed_hosts = {request.host};
    auto sent = client.sendAndWait(std::move(request));
    if (!sent) return sent.error().error;
    const http::Reply reply = std::move(sent).reply();
    auto document = JsonDocument::parse(reply.body);
    if (reply.status == 401 || reply.status == 403)
        return makeError(ErrorCode::kForbidden,
                         "the hub does not take this key for it; it needs audit.read",
                         "--key-file");
    if (reply.status != 200 || !document)
        return makeError(ErrorCode::kUnavailable,
                         "the hub answered " + std::to_string(reply.status));
    return document;
}

struct Chain {
    std::int64_t checked = 0;
    std::int64_t last_seq = 0;
};

int report(hubsdk::Json tenant, const Chain& chain) {
    const std::string name(tenant["tenantId"].text());
    const hubsdk::Json broken = tenant["firstBreak"];
    if (broken.empty()) {
        std::cout << "tenant " << name << ": holds, " << chain.checked << " entries checked, "
                  << tenant["unnumbered"].asInt64().value_or(0) << " wait for their number\n";
        return kOk;
    }
    std::cout << "tenant " << name << ": BROKEN at entry " << broken["seq"].asInt64().value_or(0)
              << ": " << broken["reason"].text() << "\n  " << broken["text"].text() << "\n  "
              << chain.checked << " entries before it hold. Keep the database as it is, compare "
              << "the entry with a backup,\n  and look for the last 'audit.anchor' line of this "
              << "tenant in the log.\n";
    return kRefused;
}

}  // namespace

int verifyAudit(const AuditVerifyArguments& arguments) {
    auto address = addressOf(arguments.url);
    if (!address) return complain(kBadInput, address.error().text());
    auto key = security::readKeyFile(arguments.key_file);
    if (!key) return complain(kBadInput, arguments.key_file + ": " + key.error().text());
    key->erase(key->find_last_not_of(" \r\n") + 1);
    http::Client client(configOf(*address, arguments.ca_file));
    Chain chain;
    for (int i = 0; i < kCallsMax; ++i) {
        const auto answer = ask(client, *address, *key, chain.last_seq);
        if (!answer) return complain(kBadInput, answer.error().text());
        const hubsdk::Json tenant = answer->root()["data"]["tenants"].at(0);
        const std::int64_t checked = tenant["entriesChecked"].asInt64().value_or(0);
        chain.checked += checked;
        chain.last_seq = tenant["lastSeq"].asInt64().value_or(0);
        if (tenant["finished"].asBool().value_or(false)) return report(tenant, chain);
        if (checked == 0) break;
    }
    return complain(kBadInput, "the hub does not get to the end of the trail");
}

}  // namespace hub::cli
