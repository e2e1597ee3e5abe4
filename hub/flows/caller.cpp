#include "hub/flows/caller.hpp"

#include "hub/security/digest.hpp"
#include "hub/storage/blob_repository.hpp"

#include <algorithm>

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/cpp/text.hpp>

namespace hub::flows {
namespace {

using hubsdk::Result;

constexpr std::int64_t kSecondMs = 1'000;

// RFC 7578. The boundary is random, so no part can hold it by design. Names go as they are,
// brackets and blanks too: what could end one has been refused before.
Result<std::string> multipartBody(const std::vector<hubsdk::Part>& parts,
                                  const std::string& boundary, security::PieceContext& context) {
    std::string body;
    for (const hubsdk::Part& part : parts) {
        auto value = security::assemble(part.value, context);
        if (!value) return std::move(value).error();
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
        if (part.file_name) body += "; filename=\"" + *part.file_name + "\"";
        body += "\r\n";
        if (part.content_type) body += "Content-Type: " + *part.content_type + "\r\n";
        body += "\r\n" + *value + "\r\n";
    }
    return body + "--" + boundary + "--\r\n";
}

security::PieceContext piecesOf(const CallContext& context) {
    security::PieceContext pieces;
    pieces.secrets = &context.secrets;
    pieces.at_ms = context.now_ms;
    pieces.url = context.public_url;
    pieces.reply = context.reply;
    pieces.blob = context.blob;
    return pieces;
}

Result<void> putHeaders(http::OutboundRequest& request, const hubsdk::Call& call,
                        std::string_view idempotency_key, security::PieceContext& pieces) {
    for (const hubsdk::PieceHeader& header : call.headers) {
        auto value = security::assembleHeader(header.value, pieces);
        if (!value) return std::move(value).error();
        request.headers.push_back({header.name, std::move(value).value()});
    }
    if (call.key_header)
        request.headers.push_back({*call.key_header, std::string(idempotency_key)});
    return {};
}

Result<void> putBody(http::OutboundRequest& request, const hubsdk::Call& call,
                     security::PieceContext& pieces) {
    if (call.parts.empty()) {
        auto body = security::assemble(call.body, pieces);
        if (!body) return std::move(body).error();
        request.body = std::move(body).value();
        return {};
    }
    const std::string boundary = security::randomToken();
    request.headers.push_back({"Content-Type", "multipart/form-data; boundary=" + boundary});
    auto body = multipartBody(call.parts, boundary, pieces);
    if (!body) return std::move(body).error();
    request.body = std::move(body).value();
    return {};
}

const std::string* secretFor(const CallContext& context, std::string_view place) {
    for (const hubsdk::SecretRule& rule : context.manifest.secrets) {
        if (std::ranges::find(rule.places, place) == rule.places.end()) continue;
        const auto found = context.secrets.find(rule.name);
        return found == context.secrets.end() ? nullptr : &found->second.front();
    }
    return nullptr;
}

// An account without the pair goes without: whether it needs one, the manifest says by `required`.
Result<void> putCertificate(http::OutboundRequest& request, const CallContext& context) {
    const std::string* chain = secretFor(context, "client_certificate");
    const std::string* key = secretFor(context, "client_key");
    if (chain == nullptr && key == nullptr) return {};
    if (chain == nullptr || key == nullptr)
        return hubsdk::makeError(hubsdk::ErrorCode::kInvalid,
                                 "the account has only one half of its client certificate");
    auto certificate = std::make_shared<http::ClientCertificate>();
    certificate->chain_pem = *chain;
    certificate->key_pem = *key;
    std::string pair = *chain + "\n" + *key;
    certificate->identity = context.account.id + ":" + security::sha256Hex(pair);
    security::wipe(pair);
    request.certificate = std::move(certificate);
    return {};
}

std::size_t answerBytesMax(const hubsdk::Call& call) {
    if (call.to != "blob") return static_cast<std::size_t>(kReplyBytesMax);
    constexpr auto kBlobMax = static_cast<std::int64_t>(storage::kBlobBytesMax);
    const std::int64_t asked = call.blob_bytes_max.value_or(kBlobMax);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(asked, 1, kBlobMax));
}

Attempt lostAttempt(hubsdk::ErrorCode code) {
    if (code == hubsdk::ErrorCode::kTooLarge) return Attempt::kTooLarge;
    // A redirect that may not be followed was an answer: asking again gives the same one.
    if (code == hubsdk::ErrorCode::kForbidden) return Attempt::kRefused;
    return Attempt::kLost;
}

Attempt unsentAttempt(hubsdk::ErrorCode code) {
    if (code == hubsdk::ErrorCode::kRateLimited) return Attempt::kHeldBack;
    const bool policy =
        code == hubsdk::ErrorCode::kForbidden || code == hubsdk::ErrorCode::kInvalid;
    return policy ? Attempt::kRefused : Attempt::kNotSent;
}

CallOutcome failedOutcome(const http::SendError& error) {
    CallOutcome outcome;
    outcome.error = error.error.text();
    const hubsdk::ErrorCode code = error.error.code;
    const bool lost = error.delivery == http::Delivery::kLost;
    outcome.attempt = lost ? lostAttempt(code) : unsentAttempt(code);
    return outcome;
}

// What the account says of a setting, else the manifest's default.
std::string choiceOf(const CallContext& context, const std::string& setting) {
    const auto settings = hubsdk::JsonDocument::parse(context.account.settings);
    if (settings && settings->root()[setting].present())
        return std::string(settings->root()[setting].text());
    const auto rule =
        std::ranges::find(context.manifest.settings, setting, &hubsdk::SettingRule::name);
    if (rule == context.manifest.settings.end() || rule->fallback.json.empty()) return {};
    const auto fallback = hubsdk::JsonDocument::parse(rule->fallback.json);
    return fallback ? std::string(fallback->root().text()) : std::string();
}

// TM-OUT-4: an account for the vendor's test system calls no other, whatever its plugin asks.
Result<void> checkAccountsHost(const hubsdk::Call& call, const CallContext& context) {
    const hubsdk::HostRule* against = nullptr;
    for (const hubsdk::HostRule& rule : context.manifest.host_rules) {
        if (!hubsdk::equalNoCase(rule.host, call.host)) continue;
        if (choiceOf(context, rule.setting) == rule.is) return {};
        against = &rule;
    }
    if (against == nullptr) return {};
    return hubsdk::makeError(
        hubsdk::ErrorCode::kForbidden,
        "is only for accounts whose " + against->setting + " is " + against->is, "host");
}

}  // namespace

std::int64_t deadlineMs(const hubsdk::Call& call, const hubsdk::Manifest& manifest,
                        const storage::Account& account) {
    const std::int64_t ours = manifest.timeout_ms.value_or(account.timeout_seconds * kSecondMs);
    return std::clamp(call.timeout_ms.value_or(ours), kSecondMs, security::kCallTimeoutMaxMs);
}

Result<http::OutboundRequest> assembleCall(const hubsdk::Call& call,
                                           std::string_view idempotency_key,
                                           const CallContext& context) {
    if (auto allowed = security::checkCall(call, context.manifest); !allowed)
        return std::move(allowed).error();
    if (auto allowed = checkAccountsHost(call, context); !allowed)
        return std::move(allowed).error();
    security::PieceContext pieces = piecesOf(context);
    http::OutboundRequest request;
    request.method = call.method;
    request.host = call.host;
    request.target = call.query.empty() ? call.path : call.path + "?" + call.query;
    if (auto put = putHeaders(request, call, idempotency_key, pieces); !put)
        return std::move(put).error();
    if (auto put = putBody(request, call, pieces); !put) return std::move(put).error();
    if (call.credentials != "none" && !call.download) {
        if (auto put = putCertificate(request, context); !put) return std::move(put).error();
    }
    request.deadline_ms = deadlineMs(call, context.manifest, context.account);
    request.answer_bytes_max = answerBytesMax(call);
    request.follow_one_redirect = call.download;
    request.allowed_hosts =
        call.download ? context.manifest.download_hosts : context.manifest.hosts;
    return request;
}

CallOutcome refusedOutcome(const hubsdk::Error& error) {
    CallOutcome outcome;
    outcome.error = error.text();
    return outcome;
}

CallOutcome outcomeOf(http::SendResult sent, const hubsdk::Call& call, std::int64_t now_ms) {
    if (!sent) return failedOutcome(sent.error());
    CallOutcome outcome;
    http::Reply reply = std::move(sent).reply();
    outcome.attempt = Attempt::kReplied;
    outcome.status = reply.status;
    for (http::HeaderField& field : reply.headers)
        outcome.headers.push_back({std::move(field.name), std::move(field.value)});
    const bool good = reply.status >= 200 && reply.status < 300;
    CapturedReply captured = captureSecrets(
        std::move(reply.body), good ? call.captures : std::vector<hubsdk::Capture>{}, now_ms);
    outcome.body = std::move(captured.body);
    outcome.captured = std::move(captured.secrets);
    return outcome;
}

void CallBatch::send(std::size_t index, http::OutboundRequest request) {
    client_.send(std::move(request), [ended = ended_, index](http::SendResult result) {
        {
            const std::lock_guard lock(ended->mutex);
            ended->results.emplace_back(index, std::move(result));
        }
        ended->changed.notify_one();
    });
}

std::pair<std::size_t, http::SendResult> CallBatch::next() {
    std::unique_lock lock(ended_->mutex);
    // Bounded: the client reports every call by its deadline.
    ended_->changed.wait(lock, [&] { return !ended_->results.empty(); });
    auto first = std::move(ended_->results.front());
    ended_->results.pop_front();
    return first;
}

}  // namespace hub::flows
