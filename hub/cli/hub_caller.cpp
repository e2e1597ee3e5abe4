#include "hub/cli/hub_caller.hpp"

#include <array>
#include <charconv>

#include "hub/security/key_file.hpp"

namespace hub::cli {
namespace {

using hubsdk::ErrorCode;
using hubsdk::JsonDocument;
using hubsdk::makeError;
using hubsdk::Result;

constexpr std::int64_t kCallDeadlineMs = 60'000;
constexpr std::size_t kAnswerBytesMax = std::size_t{256} * 1024;

bool isThisMachine(std::string_view host) {
    constexpr std::array<std::string_view, 2> kNames{"localhost", "127.0.0.1"};
    return host == kNames[0] || host == kNames[1];
}

// The hub's own words for what it refuses.
hubsdk::Error refusal(int status, const Result<JsonDocument>& document) {
    const auto code = status == 409 ? ErrorCode::kConflict : ErrorCode::kInvalid;
    std::string text = "the hub answered " + std::to_string(status);
    if (document) text = std::string(document->root().pointer("/error/message").text());
    return makeError(code, text);
}

}  // namespace

Result<HubCaller::Address> HubCaller::addressOf(std::string_view url) {
    Address address;
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

http::ClientConfig HubCaller::configOf(const Address& address, const std::string& ca_file) {
    http::ClientConfig config;
    config.user_agent = "hubctl";
    config.ca_file = ca_file;
    config.ports_allowed = {address.port};
    // A name instead of the address: the client speaks in the clear only over such a route.
    if (address.scheme == "http")
        config.routes["localhost"] = "http://127.0.0.1:" + std::to_string(address.port);
    return config;
}

HubCaller::HubCaller(Address address, std::string key, const std::string& ca_file)
    : address_(std::move(address)),
      key_(std::move(key)),
      client_(std::make_unique<http::Client>(configOf(address_, ca_file))) {}

Result<HubCaller> HubCaller::open(const HubArguments& arguments) {
    auto address = addressOf(arguments.url);
    if (!address) return std::move(address).error();
    auto key = security::readKeyFile(arguments.key_file);
    if (!key) return makeError(key.error().code, key.error().text(), arguments.key_file);
    key->erase(key->find_last_not_of(" \r\n") + 1);
    return HubCaller(std::move(*address), std::move(*key), arguments.ca_file);
}

Result<JsonDocument> HubCaller::post(std::string_view path, std::string body,
                                     std::string_view permission) {
    http::OutboundRequest request;
    request.method = "POST";
    request.scheme = address_.scheme;
    request.host = address_.scheme == "http" ? "localhost" : address_.host;
    request.port = address_.port;
    request.target = "/api/v1" + std::string(path);
    request.headers = {{"Authorization", "Bearer " + key_}, {"Content-Type", "application/json"}};
    request.body = std::move(body);
    request.deadline_ms = kCallDeadlineMs;
    request.answer_bytes_max = kAnswerBytesMax;
    request.allowed_hosts = {request.host};
    auto sent = client_->sendAndWait(std::move(request));
    if (!sent) {
        return makeError(sent.error().error.code, "cannot ask the hub at " + address_.host + ':' +
                                                      std::to_string(address_.port) + ": " +
                                                      sent.error().error.text());
    }
    const http::Reply reply = std::move(sent).reply();
    auto document = JsonDocument::parse(reply.body);
    if (reply.status == 401 || reply.status == 403)
        return makeError(
            ErrorCode::kForbidden,
            "the hub does not take this key for it; it needs " + std::string(permission),
            "--key-file");
    if (reply.status == 409 || reply.status == 422) return refusal(reply.status, document);
    if (reply.status < 200 || reply.status > 299 || !document)
        return makeError(ErrorCode::kUnavailable,
                         "the hub answered " + std::to_string(reply.status));
    return document;
}

}  // namespace hub::cli
