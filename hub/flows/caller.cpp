#include "hub/flows/caller.hpp"

#include "hub/security/digest.hpp"

#include <algorithm>

#include <hubsdk/cpp/text.hpp>

namespace hub::flows {
namespace {

using hubsdk::Result;

constexpr std::int64_t kTimeoutDefaultMs = 30'000;

CallOutcome refused(const hubsdk::Error& error) {
    CallOutcome outcome;
    outcome.error = error.text();
    return outcome;
}

// RFC 7578. The boundary is random, so no part can hold it by design.
Result<std::string> multipartBody(const std::vector<hubsdk::Part>& parts,
                                  const std::string& boundary, security::PieceContext& context) {
    std::string body;
    for (const hubsdk::Part& part : parts) {
        auto value = security::assemble(part.value, context);
        if (!value) return std::move(value).error();
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" +
                hubsdk::percentEncoded(part.name) + "\"";
        if (part.file_name)
            body += "; filename=\"" + hubsdk::percentEncoded(*part.file_name) + "\"";
        body += "\r\n";
        if (part.content_type) body += "Content-Type: " + *part.content_type + "\r\n";
        body += "\r\n" + *value + "\r\n";
    }
    return body + "--" + boundary + "--\r\n";
}

Result<http::OutboundRequest> assembled(const hubsdk::Call& call, const CallContext& context) {
    security::PieceContext pieces;
    pieces.secrets = &context.secrets;
    pieces.at_ms = context.now_ms;
    pieces.url = context.public_url;
    pieces.reply = context.reply;
    pieces.blob = context.blob;

    http::OutboundRequest request;
    request.method = call.method;
    request.host = call.host;
    request.target = call.query.empty() ? call.path : call.path + "?" + call.query;
    for (const hubsdk::PieceHeader& header : call.headers) {
        auto value = security::assembleHeader(header.value, pieces);
        if (!value) return std::move(value).error();
        request.headers.push_back({header.name, std::move(value).value()});
    }
    if (call.key_header) request.headers.push_back({*call.key_header, context.idempotency_key});
    if (!call.parts.empty()) {
        const std::string boundary = security::randomToken();
        request.headers.push_back({"Content-Type", "multipart/form-data; boundary=" + boundary});
        auto body = multipartBody(call.parts, boundary, pieces);
        if (!body) return std::move(body).error();
        request.body = std::move(body).value();
    } else {
        auto body = security::assemble(call.body, pieces);
        if (!body) return std::move(body).error();
        request.body = std::move(body).value();
    }
    request.deadline_ms =
        std::min(call.timeout_ms.value_or(context.manifest.timeout_ms.value_or(kTimeoutDefaultMs)),
                 security::kCallTimeoutMaxMs);
    request.follow_one_redirect = call.download;
    request.allowed_hosts =
        call.download ? context.manifest.download_hosts : context.manifest.hosts;
    return request;
}

}  // namespace

CallOutcome sendCall(http::Client& client, const hubsdk::Call& call, CallContext context) {
    if (auto allowed = security::checkCall(call, context.manifest); !allowed) {
        return refused(allowed.error());
    }
    auto request = assembled(call, context);
    for (auto& [name, values] : context.secrets) {
        for (std::string& value : values) security::wipe(value);
    }
    if (!request) return refused(request.error());
    auto sent = client.sendAndWait(std::move(request).value());
    CallOutcome outcome;
    if (!sent) {
        const http::SendError& error = sent.error();
        const bool policy = error.error.code == hubsdk::ErrorCode::kForbidden ||
                            error.error.code == hubsdk::ErrorCode::kInvalid;
        outcome.attempt = error.delivery == http::Delivery::kLost ? Attempt::kLost
                          : policy                                ? Attempt::kRefused
                                                                  : Attempt::kNotSent;
        outcome.error = error.error.text();
        return outcome;
    }
    http::Reply reply = std::move(sent).reply();
    outcome.attempt = Attempt::kReplied;
    outcome.status = reply.status;
    for (http::HeaderField& field : reply.headers) {
        outcome.headers.push_back({std::move(field.name), std::move(field.value)});
    }
    const bool good = reply.status >= 200 && reply.status < 300;
    CapturedReply captured =
        captureSecrets(std::move(reply.body), good ? call.captures : std::vector<hubsdk::Capture>{},
                       context.now_ms);
    outcome.body = std::move(captured.body);
    outcome.captured = std::move(captured.secrets);
    return outcome;
}

}  // namespace hub::flows
