#include "plugins/checkr/simulator/endpoints.hpp"
#include "plugins/checkr/simulator/screenings.hpp"

#include "hub/http/address_policy.hpp"
#include "hub/security/digest.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::JsonWriter;

constexpr std::size_t kWebhooksMax = 2;  // vendors/checkr.md, Endpoints
constexpr std::int64_t kLinkMs = 15 * 60 * 1000;
constexpr std::string_view kPackagesMadeAt = "2018-01-18T12:34:00Z";

std::string packageText(const Package& package) {
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    // 24 digits like any id, but the same in every run: packages are there before the first order.
    const std::string id = hub::security::sha1Hex(package.slug).substr(0, 24);
    writeHead(out, id, "package", "packages", kPackagesMadeAt);
    writeOptional(out, "deleted_at", std::nullopt);
    out.member("name", package.name);
    out.member("slug", package.slug);
    if (package.price_is_text) {
        out.member("price", std::to_string(package.price_minor));
    } else {
        out.member("price", package.price_minor);
    }
    out.key("screenings");
    out.beginArray();
    for (const PackageScreening& screening : package.screenings) {
        out.beginObject();
        out.member("type", screening.type);
        writeOptional(out, "subtype",
                      screening.subtype.empty() ? OptionalText() : OptionalText(screening.subtype));
        out.endObject();
    }
    out.endArray();
    out.member("apply_url", "https://apply.checkr.com/apply/twin/" + std::string(package.slug));
    out.endObject();
    return text;
}

std::string webhookText(const Account& account, const Webhook& webhook) {
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    writeHead(out, webhook.id, "webhook", "webhooks", webhook.created_at);
    out.member("account_id", account.id);
    writeOptional(out, "application_id", std::nullopt);
    out.member("include_object", webhook.include_object);
    out.member("webhook_url", webhook.url);
    writeOptional(out, "deleted_at", webhook.deleted_at);
    out.endObject();
    return text;
}

/// HTTPS or sns:// as the vendor asks; plain HTTP to this machine is the twin's own addition.
bool isWebhookUrl(std::string_view url) {
    static constexpr std::string_view kPlain = "http://";
    if (url.starts_with("https://") || url.starts_with("sns://")) return true;
    if (!url.starts_with(kPlain)) return false;
    url.remove_prefix(kPlain.size());
    const std::string_view host = url.substr(0, url.find_first_of(":/?"));
    return host == "localhost" || hub::http::isLoopbackAddress(host);
}

std::string linkSignature(const World& world, std::string_view id, std::string_view expires) {
    return signatureOf(world.config.seed, std::string(id) + ":" + std::string(expires));
}

/// OAuth answers have an error form of their own.
Answer oauthFailure(int status, std::string_view text) {
    Answer answer;
    answer.status = status;
    answer.body = "{\"errors\":[" + hubsdk::quoted(text) + "]}";
    return answer;
}

}  // namespace

Answer listPackages(Call& call) {
    std::vector<std::string> items;
    for (const Package& package : packages()) items.push_back(packageText(package));
    return page(call, items);
}

Answer createWebhook(Call& call) {
    const std::string_view url = call.body["webhook_url"].text();
    if (!isWebhookUrl(url)) return invalid({"webhook_url is invalid"});
    const auto active =
        std::count_if(call.account.webhooks.begin(), call.account.webhooks.end(),
                      [](const auto& entry) { return !entry.second.deleted_at.has_value(); });
    if (static_cast<std::size_t>(active) >= kWebhooksMax) {
        return failure(400, "Account has reached its limit of 2 webhooks");
    }
    Webhook webhook;
    webhook.id = call.world.nextId();
    webhook.created_at = World::now();
    webhook.url = url;
    webhook.include_object = call.body["include_object"].scalarText().value_or("true") == "true";
    Answer answer;
    answer.status = 201;
    answer.body = webhookText(call.account, webhook);
    call.account.webhooks.emplace(webhook.id, std::move(webhook));
    return answer;
}

Answer listWebhooks(Call& call) {
    std::vector<std::string> items;
    for (const auto& [id, webhook] : call.account.webhooks) {
        if (!webhook.deleted_at) items.push_back(webhookText(call.account, webhook));
    }
    return page(call, items);
}

Answer getWebhook(Call& call) {
    const Webhook* webhook = findById(call.account.webhooks, call.args[0]);
    if (webhook == nullptr) return notFound("Webhook");
    return Answer{200, webhookText(call.account, *webhook)};
}

Answer deleteWebhook(Call& call) {
    Webhook* webhook = findById(call.account.webhooks, call.args[0]);
    if (webhook == nullptr || webhook->deleted_at) return notFound("Webhook");
    webhook->deleted_at = World::now();
    return Answer{200, webhookText(call.account, *webhook)};
}

Answer getDocument(Call& call) {
    const Document* document = findById(call.account.documents, call.args[0]);
    if (document == nullptr) return notFound("Document");
    const std::string expires = std::to_string(World::nowMs() + kLinkMs);
    Answer answer;
    JsonWriter out(answer.body);
    out.beginObject();
    writeHead(out, document->id, "document", "documents", document->created_at);
    out.member("download_uri", "https://" + std::string(kDocumentHost) + "/" + document->id +
                                   "?expires=" + expires +
                                   "&sig=" + linkSignature(call.world, document->id, expires));
    out.member("filesize", static_cast<std::int64_t>(document->body.size()));
    out.member("filename", "report.pdf");
    out.member("type", "pdf_report");
    out.member("content_type", "application/pdf");
    out.endObject();
    return answer;
}

Answer download(World& world, const hub::http::Request& request) {
    // A storage service takes the signature or a credential, never both.
    if (hub::http::find(request.headers, "authorization")) {
        return failure(400, "Only one authentication mechanism allowed");
    }
    const Params params = readParams(request.query);
    const auto value = [&](std::string_view name) {
        const auto found = params.find(name);
        return found == params.end() ? std::string() : found->second;
    };
    const std::string id = request.path.substr(1);
    const std::string expires = value("expires");
    std::int64_t expires_ms = 0;
    std::from_chars(expires.data(), expires.data() + expires.size(), expires_ms);
    if (value("sig") != linkSignature(world, id, expires)) return failure(403, "Bad signature");
    if (expires_ms < World::nowMs()) return failure(403, "Request has expired");
    for (const auto& account : world.accounts) {
        const Document* document = findById(account->documents, id);
        if (document != nullptr) return Answer{200, document->body, "application/pdf"};
    }
    return notFound("Document");
}

Answer exchangeToken(World& world, hubsdk::Json body) {
    if (body["client_id"].text() != world.config.client_id ||
        body["client_secret"].text() != world.config.client_secret) {
        return oauthFailure(401, "invalid client");
    }
    const std::string_view code = body["code"].text();
    if (code.empty()) return oauthFailure(400, "code is missing");
    const std::string token = "tok_" + hub::security::sha256Hex(code).substr(0, 32);
    for (const auto& account : world.accounts) {
        // A code works once (RFC 6749 section 4.1.2).
        if (account->key == token) return oauthFailure(400, "code is invalid");
    }
    const Account& account = world.addAccount(token, true);
    Answer answer;
    JsonWriter out(answer.body);
    out.beginObject();
    out.member("access_token", token);
    out.member("checkr_account_id", account.id);
    out.endObject();
    return answer;
}

Answer deauthorize(Call& call) {
    if (!call.account.partner) return oauthFailure(400, "not an access token");
    std::string object;
    JsonWriter out(object);
    out.beginObject();
    out.member("access_code", call.account.key);
    out.endObject();
    call.world.tell(call.account, "token.deauthorized", object, object);
    call.account.active = false;
    return Answer{200, "{}"};
}

}  // namespace vendor::checkr::simulator
