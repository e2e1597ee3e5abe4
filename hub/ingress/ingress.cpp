#include "hub/ingress/ingress.hpp"

#include "hub/ingress/stored_request.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"
#include "hub/security/proof.hpp"

namespace hub::ingress {
namespace {

using observe::Level;
using storage::AccountState;
using storage::Connection;

http::Response answer(int status, std::string body = {}) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

// TM-IN-8: who knocks without proof learns nothing, whatever was wrong.
http::Response unauthorized() { return answer(401, R"({"error":"unauthorized"})"); }

http::Response unavailable() {
    http::Response response = answer(503);
    response.headers.push_back({"Retry-After", "1"});
    return response;
}

// What names the event, so that a second copy has no second effect (R-WHI-10, TM-IN-3).
std::string dedupeKey(const hubsdk::Claim& claim, std::string_view body) {
    if (claim.event_key) return security::sha256Hex("event\n" + *claim.event_key);
    return security::sha256Hex("body\n" + std::string(body));
}

std::string proofWord(const hubsdk::Claim& claim) {
    const std::string& algorithm = claim.proofs.front().algorithm;
    return algorithm == "basic" || algorithm == "equals" ? "basic" : "signature";
}

}  // namespace

// One request on its way through the door. The delivery's body view points into `request`.
struct Ingress::Knock {
    http::Request request;
    http::Respond respond;
    WebhookPath path;
    std::optional<storage::Account> account;
    security::SecretValues secrets;
    hubsdk::Delivery delivery;
};

std::optional<WebhookPath> webhookPath(std::string_view path) {
    if (!path.starts_with(kWebhookPrefix)) return std::nullopt;
    path.remove_prefix(kWebhookPrefix.size());
    const std::size_t slash = path.find('/');
    if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
    const std::string_view rest = path.substr(slash + 1);
    const std::size_t end = rest.find('/');
    WebhookPath parts;
    parts.vendor = path.substr(0, slash);
    parts.token = rest.substr(0, end);
    if (end != std::string_view::npos && end + 1 < rest.size()) parts.tail = rest.substr(end);
    if (parts.token.empty()) return std::nullopt;
    return parts;
}

std::size_t Ingress::bodyBytesMax(std::string_view path) const {
    const auto parts = webhookPath(path);
    if (!parts) return kWebhookBodyBytesMax;
    const auto plugin = services_.plugins.find(parts->vendor);
    if (!plugin || !plugin->manifest().body_bytes_max) return kWebhookBodyBytesMax;
    const auto asked =
        static_cast<std::size_t>(std::max<std::int64_t>(*plugin->manifest().body_bytes_max, 0));
    return std::min(asked, kWebhookBodyBytesCeiling);
}

void Ingress::handle(http::Request request, http::Respond respond) const {
    auto path = webhookPath(request.path);
    if (!path) return respond(unauthorized());
    auto knock = std::make_shared<Knock>();
    knock->request = std::move(request);
    knock->respond = std::move(respond);
    knock->path = std::move(*path);
    if (!services_.work.post([this, knock] { process(knock); })) knock->respond(unavailable());
}

void Ingress::process(const std::shared_ptr<Knock>& knock) const {
    try {
        check(knock);
    } catch (const storage::StorageError& error) {
        observe::log(Level::kError, "ingress.storage_failed", {{"why", error.what()}});
        knock->respond(unavailable());
    }
}

void Ingress::check(const std::shared_ptr<Knock>& knock) const {
    const auto& repositories = services_.repositories;
    const std::string hash = storage::AccountRepository::hashEndpointToken(knock->path.token);
    const std::int64_t now = services_.now_ms();
    services_.database.read([&](Connection& connection) {
        auto account = repositories.accounts.findByEndpoint(connection, hash, now);
        if (!account || account->plugin_key != knock->path.vendor ||
            account->state == AccountState::kRetired) {
            return 0;
        }
        const auto scope = storage::TenantScope::afterProof(account->tenant_id);
        knock->secrets =
            storage::valuesOf(repositories.accounts.openSecrets(connection, scope, account->id),
                              now);
        knock->account = std::move(account);
        return 0;
    });
    if (!knock->account) return knock->respond(unauthorized());
    const storage::Account& account = *knock->account;
    auto plugin = account.pinned_sha256
                      ? services_.plugins.find(account.plugin_key, *account.pinned_sha256)
                      : services_.plugins.find(account.plugin_key);
    if (!plugin) return knock->respond(unavailable());

    hubsdk::Delivery& delivery = knock->delivery;
    delivery.method = knock->request.method;
    delivery.path = knock->path.tail;
    delivery.query = knock->request.query;
    for (const http::HeaderField& field : knock->request.headers) {
        delivery.headers.push_back({field.name, field.value});
    }
    delivery.body = hubsdk::Body{knock->request.body};
    if (plugin->routeOf(delivery) == nullptr) return knock->respond(unauthorized());

    auto claim = plugin->claim(delivery, account.settings);
    if (!claim) {
        observe::log(Level::kWarning, "ingress.claim_failed",
                     {{"account", account.id}, {"why", claim.error().text()}});
        return knock->respond(unauthorized());
    }
    // TM-PLG-4: a claim may name only secrets that the manifest allows in a proof.
    for (const hubsdk::Proof& proof : claim->proofs) {
        const auto allowed =
            security::checkPieces(proof.message, plugin->manifest(), security::Place::kProof);
        if (allowed) continue;
        observe::log(Level::kWarning, "ingress.claim_not_allowed",
                     {{"account", account.id}, {"why", allowed.error().text()}});
        return knock->respond(unauthorized());
    }
    const auto verdict =
        security::verifyClaim(*claim, delivery, knock->secrets, now,
                              services_.webhook_url(account.plugin_key, knock->path.token));
    if (!verdict.authentic()) {
        observe::log(
            Level::kWarning, "ingress.refused",
            {{"account", account.id}, {"vendor", account.plugin_key}, {"why", verdict.reason()}});
        return knock->respond(unauthorized());
    }
    if (claim->refuse) {
        const std::int64_t status = claim->refuse->status;
        return knock->respond(
            answer(status >= 400 && status < 500 ? static_cast<int>(status) : 400));
    }
    store(knock, *claim, verdict.isHint());
}

void Ingress::store(const std::shared_ptr<Knock>& knock, const hubsdk::Claim& claim,
                    bool is_hint) const {
    const storage::Account& account = *knock->account;
    const std::int64_t now = services_.now_ms();
    std::string ack;
    if (!claim.ack.empty()) {
        security::PieceContext context;
        context.delivery = &knock->delivery;
        context.at_ms = now;
        context.secrets = &knock->secrets;
        auto assembled = security::assemble(claim.ack, context);
        if (assembled) ack = std::move(assembled).value();
    }
    if (const bool* stored = claim.store.get(); stored != nullptr && !*stored) {
        return knock->respond(answer(200, std::move(ack)));
    }
    const auto scope = storage::TenantScope::afterProof(account.tenant_id);
    const bool foreign = claim.account_ref && account.external_account_ref &&
                         *claim.account_ref != *account.external_account_ref;
    storage::NewDelivery row;
    row.id = security::uuid7(now);
    // TM-IN-9: proven, but of an account that is not this one: kept, parked and alarmed.
    if (!foreign) row.account_id = account.id;
    row.plugin_key = account.plugin_key;
    row.source = account.plugin_key;
    row.vendor_event_id = claim.event_key;
    row.dedupe_scope = account.id;
    row.dedupe_key = dedupeKey(claim, knock->request.body);
    if (claim.state_key) row.state_key = security::sha256Hex(*claim.state_key);
    row.request = hubsdk::writeShape(
        StoredRequest{knock->delivery.method, knock->delivery.path, knock->delivery.query});
    row.headers =
        hubsdk::writeShape(StoredHeaders{security::withoutProofs(knock->delivery, claim).headers});
    if (const auto type = http::find(knock->request.headers, "Content-Type")) {
        row.content_type = std::string(type->substr(0, 100));
    }
    row.body = std::move(knock->request.body);
    row.proof = proofWord(claim);
    row.is_hint = is_hint;
    row.received_at_ms = now;
    auto sealed = std::make_shared<storage::SealedDelivery>(
        services_.repositories.inbox.seal(scope, std::move(row)));
    services_.database.submit(
        storage::WriteQueue::kIngress,
        [this, sealed, foreign, scope, now](Connection& connection) {
            services_.repositories.inbox.insertDelivery(connection, *sealed);
            if (!foreign) return;
            storage::Alert alert;
            alert.alert_type = "foreign_account_ref";
            alert.severity = "high";
            alert.subject_type = "inbound_event";
            alert.subject_id = sealed->row.id;
            alert.description = "A proven delivery names an account that is not connected here.";
            services_.repositories.attention.raiseAlert(connection, scope, alert, now);
        },
        [this, knock, ack = std::move(ack)](const hubsdk::Result<void>& done) {
            if (!done.ok()) {
                observe::log(Level::kError, "ingress.commit_failed",
                             {{"why", done.error().text()}});
                return knock->respond(unavailable());
            }
            knock->respond(answer(200, ack));
            services_.delivery_stored();
        });
}

}  // namespace hub::ingress
