#include "hub/ingress/ingress.hpp"

#include <array>
#include <chrono>

#include "hub/domain/trail.hpp"
#include "hub/ingress/inbound_request.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"
#include "hub/security/proof.hpp"
#include "hub/storage/stored_request.hpp"

namespace hub::ingress {
namespace {

using observe::Level;
using storage::AccountState;
using storage::Connection;

constexpr std::string_view kReceived = R"({"received":true})";

http::Response answer(int status, std::string_view body = {},
                      std::string_view type = "application/json") {
    http::Response response;
    response.status = status;
    response.body = body;
    if (!body.empty()) response.headers.push_back({"Content-Type", std::string(type)});
    return response;
}

// TM-IN-8: who knocks without proof learns nothing, whatever was wrong.
http::Response unauthorized() { return answer(401, R"({"error":"unauthorized"})"); }

// Values that nobody knows, for every secret of the plugin: what an unknown endpoint is checked
// with.
security::SecretValues unknowableSecrets(const hubsdk::Manifest& manifest) {
    security::SecretValues values;
    for (const hubsdk::SecretRule& rule : manifest.secrets) {
        values[rule.name].push_back(security::randomToken());
    }
    return values;
}

// What names the event, so that a second copy has no second effect (R-WHI-10, TM-IN-3).
// A state may come back: a copy of it is told apart where it is applied, not here.
std::string dedupeKey(const hubsdk::Claim& claim, const hubsdk::Delivery& delivery,
                      std::string_view delivery_id) {
    if (claim.event_key) return security::sha256Hex("event\n" + *claim.event_key);
    if (claim.state_key) return security::sha256Hex("state\n" + std::string(delivery_id));
    if (!delivery.body.bytes.empty())
        return security::sha256Hex("body\n" + std::string(delivery.body.bytes));
    // Callbacks without a body say what they say by path and query, which the claim has covered.
    std::string text = "request";
    for (const std::string_view part :
         {std::string_view(delivery.method), std::string_view(delivery.path),
          std::string_view(delivery.query)})
        text.append("\n").append(std::to_string(part.size())).append(":").append(part);
    return security::sha256Hex(text);
}

std::string proofWord(const hubsdk::Claim& claim) {
    const std::string& algorithm = claim.proofs.front().algorithm;
    return algorithm == "basic" || algorithm == "equals" ? "basic" : "signature";
}

// Whether what one of them does not prove is not proven by the other either.
bool provesAlike(const Endpoint& one, const Endpoint& other) {
    return one.account.row_version == other.account.row_version &&
           one.account.pinned_sha256 == other.account.pinned_sha256 && one.secrets == other.secrets;
}

// What names the endpoint of a path. No token has a slash.
std::string endpointKey(const WebhookPath& path) {
    return storage::AccountRepository::hashEndpointToken(path.token.empty() ? "/" + path.vendor
                                                                            : path.token);
}

constexpr std::size_t kAccountRefBytesMax = 255;
constexpr std::string_view kUnknownEndpoint = "unknown_endpoint";

// `unit` is in the tenant of the connection, which alone is known.
void raiseForeign(const domain::UnitOfWork& unit, const domain::Cause& cause,
                  std::string_view delivery_id) {
    storage::Alert alert;
    alert.alert_type = "foreign_account_ref";
    alert.severity = "high";
    alert.subject_type = "inbound_event";
    alert.subject_id = delivery_id;
    alert.description = "A proven delivery names an account that is not connected here.";
    domain::raiseAlert(unit, cause, std::move(alert));
}

}  // namespace

std::int64_t steadyNow() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

Ingress::Ingress(IngressServices services)
    : services_(std::move(services)),
      rate_(std::make_unique<KnockRate>(services_.knocks_per_second)),
      endpoints_(std::make_unique<EndpointCache>()),
      inbox_(std::make_unique<InboxWriter>(services_.database, services_.repositories.inbox)) {}

// One request on its way through the door. The delivery's body view points into `request`.
struct Ingress::Knock {
    http::Request request;
    http::Respond respond;
    WebhookPath path;
    std::int64_t arrived_ms = 0;  ///< of the steady clock
    std::int64_t now_ms = 0;
    std::shared_ptr<const Endpoint> found;    ///< what the URL leads to; none: unknown or retired
    bool kept = false;                        ///< `found` is from the cache
    std::optional<storage::Account> account;  ///< whom the delivery is for; none: nobody we know
    std::shared_ptr<const plugins::Plugin> plugin;
    const hubsdk::InboundRoute* route = nullptr;
    security::SecretValues unknowable;  ///< in place of secrets, if nothing is found
    hubsdk::Delivery delivery;
    hubsdk::Claim claim;
    bool is_hint = true;
    http::Response ack;
    std::string_view word = door::kUnavailable;  ///< what is answered if the way ends now
    std::string_view reason;                     ///< of a refusal

    void refuse(std::string_view why) {
        word = door::kRefused;
        reason = why;
    }

    [[nodiscard]] const security::SecretValues& secrets() const {
        return found ? found->secrets : unknowable;
    }
    [[nodiscard]] storage::TenantScope scope() const {
        return storage::TenantScope::afterProof(account ? account->tenant_id
                                                        : found->account.tenant_id);
    }
};

// Why a claim is not believed.
struct Ingress::Refusal {
    std::string_view event;
    std::string_view word;
    std::string why;
};

std::size_t Ingress::bodyBytesMax(std::string_view path) const {
    const auto parts = webhookPath(path);
    if (!parts) return kWebhookBodyBytesMax;
    const auto plugin = services_.plugins.find(parts->vendor);
    return plugin ? webhookBodyBytesMax(plugin->manifest()) : kWebhookBodyBytesMax;
}

void Ingress::count(std::string_view vendor, std::string_view word, std::string_view reason) const {
    if (services_.answers == nullptr) return;
    if (reason.empty()) return services_.answers->add(vendor, word);
    services_.answers->add(vendor, std::string(word) + " " + std::string(reason));
}

void Ingress::handle(http::Request request, http::Respond respond) const {
    auto path = webhookPath(request.path);
    // A lane for each vendor we have, so names made up by a stranger make none, nor a label.
    if (!path || !services_.plugins.find(path->vendor)) {
        count(door::kNobody, door::kRefused, "unknown_vendor");
        return respond(unauthorized());
    }
    const std::int64_t wait_ms =
        rate_->take(path->vendor, request.peer_address, services_.now_ms());
    if (wait_ms > 0) {
        count(path->vendor, door::kTooMany);
        http::Response later = answer(429);
        later.headers.push_back({"Retry-After", std::to_string((wait_ms + 999) / 1000)});
        return respond(std::move(later));
    }
    auto knock = std::make_shared<Knock>();
    knock->request = std::move(request);
    knock->respond = std::move(respond);
    knock->path = std::move(*path);
    knock->arrived_ms = services_.steady_ms();
    const bool posted =
        services_.work.post("webhook " + knock->path.vendor, [this, knock] { process(knock); });
    if (posted) return;
    count(knock->path.vendor, door::kUnavailable);
    knock->respond(unavailableAnswer());
}

void Ingress::process(const std::shared_ptr<Knock>& knock) const {
    try {
        check(knock);
    } catch (const storage::StorageError& error) {
        observe::log(Level::kError, "ingress.storage_failed", {{"why", error.what()}});
        count(knock->path.vendor, door::kUnavailable);
        knock->respond(unavailableAnswer());
    } catch (const std::exception& error) {
        // The boundary of a job: nothing a stranger sends may end the process.
        observe::log(Level::kError, "ingress.failed", {{"why", error.what()}});
        count(knock->path.vendor, door::kUnavailable);
        knock->respond(unavailableAnswer());
    }
}

void Ingress::check(const std::shared_ptr<Knock>& knock) const {
    knock->now_ms = services_.now_ms();
    constexpr std::array kStages{&Ingress::findEndpoint, &Ingress::readRequest, &Ingress::prove,
                                 &Ingress::acknowledge, &Ingress::selectAccount};
    for (const auto stage : kStages) {
        auto answered = (this->*stage)(*knock);
        if (!answered) continue;
        count(knock->path.vendor, knock->word, knock->reason);
        return knock->respond(std::move(*answered));
    }
    const bool asks = knock->route->kind == "request";
    if (!asks || !knock->account) return storeEvent(knock);
    // Deliveries of an account that is not enabled wait, and who asks cannot: he may ask later.
    if (knock->account->state == AccountState::kEnabled) return storeRequest(knock);
    count(knock->path.vendor, door::kUnavailable);
    knock->respond(unavailableAnswer());
}

std::shared_ptr<const Endpoint> Ingress::readEndpoint(const Knock& knock,
                                                      std::string_view hash) const {
    const auto& accounts = services_.repositories.accounts;
    return services_.database.read([&](Connection& connection) -> std::shared_ptr<const Endpoint> {
        std::optional<storage::Account> account;
        if (!knock.path.token.empty()) {
            account = accounts.findByEndpoint(connection, hash, knock.now_ms);
        } else if (std::ranges::find(services_.without_endpoint, knock.path.vendor) !=
                   services_.without_endpoint.end()) {
            account = accounts.findOnlyEnabled(connection, knock.path.vendor);
        }
        if (!account || account->plugin_key != knock.path.vendor ||
            account->state == AccountState::kRetired) {
            return nullptr;
        }
        const auto scope = storage::TenantScope::afterProof(account->tenant_id);
        auto secrets =
            storage::valuesOf(accounts.openSecrets(connection, scope, account->id), knock.now_ms);
        return std::make_shared<const Endpoint>(Endpoint{std::move(*account), std::move(secrets)});
    });
}

Ingress::Answered Ingress::findEndpoint(Knock& knock) const {
    const std::string hash = endpointKey(knock.path);
    knock.found = endpoints_->find(hash, knock.now_ms);
    // A token opens the door of its own vendor only: another one's rules would prove less.
    if (knock.found && knock.found->account.plugin_key != knock.path.vendor) knock.found = nullptr;
    knock.kept = knock.found != nullptr;
    if (!knock.kept) knock.found = readEndpoint(knock, hash);
    const auto& vendor = knock.path.vendor;
    const bool pinned = knock.found && knock.found->account.pinned_sha256;
    knock.plugin = pinned ? services_.plugins.find(vendor, *knock.found->account.pinned_sha256)
                          : services_.plugins.find(vendor);
    if (!knock.plugin) return unavailableAnswer();
    // TM-IN-8: an unknown endpoint goes the same way, so that its 401 comes no sooner.
    if (!knock.found) knock.unknowable = unknowableSecrets(knock.plugin->manifest());
    return std::nullopt;
}

Ingress::Answered Ingress::readRequest(Knock& knock) const {
    hubsdk::Delivery& delivery = knock.delivery;
    delivery = {};
    delivery.method = knock.request.method;
    delivery.path = knock.path.tail;
    delivery.query = knock.request.query;
    for (const http::HeaderField& field : knock.request.headers) {
        delivery.headers.push_back({field.name, field.value});
    }
    delivery.body = hubsdk::Body{knock.request.body};
    knock.route = knock.plugin->routeOf(delivery);
    if (knock.route == nullptr) {
        knock.refuse(knock.found ? "no_route" : kUnknownEndpoint);
        return unauthorized();
    }
    return std::nullopt;
}

Ingress::Answered Ingress::prove(Knock& knock) const {
    auto refusal = believe(knock);
    if (refusal && knock.kept) {
        // What was kept for a moment may lack a secret that is new. Only then is it tried again:
        // a second claim would tell by its time that somebody proved himself here a moment ago.
        const auto kept = knock.found;
        endpoints_->forget(endpointKey(knock.path));
        if (auto answered = findEndpoint(knock)) return answered;
        if (auto answered = readRequest(knock)) return answered;
        if (!knock.found || !provesAlike(*kept, *knock.found)) refusal = believe(knock);
    }
    // Kept by the first proof: what only knocks leaves no trace (TM-IN-8).
    if (!refusal && !knock.kept)
        endpoints_->keep(endpointKey(knock.path), knock.found, knock.now_ms);
    if (!refusal) return std::nullopt;
    // What an unknown endpoint's proof lacks is no news: there is nothing it could have held.
    const bool known = knock.found != nullptr;
    knock.refuse(known ? refusal->word : kUnknownEndpoint);
    observe::log(Level::kWarning, known ? refusal->event : "ingress.refused",
                 {{"account", known ? knock.found->account.id : std::string("unknown")},
                  {"vendor", knock.path.vendor},
                  {"why", known ? std::string_view(refusal->why) : kUnknownEndpoint}});
    return unauthorized();
}

std::optional<Ingress::Refusal> Ingress::believe(Knock& knock) const {
    std::string_view settings = "{}";
    if (knock.found) settings = knock.found->account.settings;
    auto claim = knock.plugin->claim(knock.delivery, settings);
    if (!claim) return Refusal{"ingress.claim_failed", "claim_failed", claim.error().text()};
    const auto allowed = security::checkClaim(*claim, knock.plugin->manifest());
    if (!allowed)
        return Refusal{"ingress.claim_not_allowed", "claim_not_allowed", allowed.error().text()};
    const auto verdict =
        security::verifyClaim(*claim, knock.delivery, knock.secrets(), knock.now_ms,
                              services_.webhook_url(knock.path.vendor, knock.path.token));
    if (!verdict.authentic())
        return Refusal{"ingress.refused", verdict.reason(), std::string(verdict.reason())};
    if (!knock.found) return Refusal{"ingress.refused", kUnknownEndpoint, "unknown endpoint"};
    knock.claim = std::move(claim).value();
    knock.is_hint = verdict.isHint();
    return std::nullopt;
}

// From here on the sender is known. Puts the 200 together; a refusal or an unstored ping ends here.
Ingress::Answered Ingress::acknowledge(Knock& knock) const {
    if (knock.claim.refuse) {
        const std::int64_t status = knock.claim.refuse->status;
        knock.refuse("by_plugin");
        return answer(status >= 400 && status < 500 ? static_cast<int>(status) : 400);
    }
    knock.ack = answer(200, kReceived);
    if (!knock.claim.ack.empty()) {
        security::PieceContext context;
        context.delivery = &knock.delivery;
        context.at_ms = knock.now_ms;
        context.secrets = &knock.secrets();
        auto body = security::assemble(knock.claim.ack, context);
        if (!body) {
            observe::log(Level::kError, "ingress.ack_failed",
                         {{"account", knock.found->account.id}, {"why", body.error().text()}});
            return unavailableAnswer();
        }
        knock.ack = answer(200, *body, "text/plain; charset=utf-8");
    }
    const bool* stored = knock.claim.store.get();
    if (stored != nullptr && !*stored) {
        knock.word = door::kAcknowledged;
        return std::move(knock.ack);
    }
    return std::nullopt;
}

// TM-IN-9: the name of an account only selects among those of the connection that is proven.
Ingress::Answered Ingress::selectAccount(Knock& knock) const {
    const storage::Account& endpoint = knock.found->account;
    const auto& ref = knock.claim.account_ref;
    if (!ref || endpoint.external_account_ref == *ref) {
        knock.account = endpoint;
        return std::nullopt;
    }
    const auto scope = storage::TenantScope::afterProof(endpoint.tenant_id);
    const auto& accounts = services_.repositories.accounts;
    services_.database.read([&](Connection& connection) {
        auto member = accounts.findOnConnection(connection, scope, endpoint.id, *ref);
        if (member && member->state != AccountState::kRetired) {
            knock.account = std::move(member);
        } else if (!endpoint.external_account_ref &&
                   !accounts.isShared(connection, scope, endpoint.id)) {
            knock.account = endpoint;  // one account, and nobody said what the vendor calls it
        }
        return 0;
    });
    return std::nullopt;
}

storage::NewDelivery Ingress::deliveryOf(Knock& knock) const {
    const storage::Account& endpoint = knock.found->account;
    storage::NewDelivery row;
    row.id = security::uuid7(knock.now_ms);
    if (knock.account) {
        row.account_id = knock.account->id;
    } else {
        row.status = "parked";
        // A longer name than a column takes is no account's.
        const auto& ref = knock.claim.account_ref;
        if (ref && ref->size() <= kAccountRefBytesMax) row.account_ref = ref;
    }
    row.plugin_key = endpoint.plugin_key;
    row.source = endpoint.plugin_key;
    row.connection = endpoint.id;
    row.vendor_event_id = knock.claim.event_key;
    row.dedupe_scope = knock.account ? knock.account->id : endpoint.id;
    row.dedupe_key = dedupeKey(knock.claim, knock.delivery, row.id);
    if (knock.claim.state_key) row.state_key = security::sha256Hex(*knock.claim.state_key);
    row.request = hubsdk::writeShape(
        storage::StoredRequest{knock.delivery.method, knock.delivery.path, knock.delivery.query});
    row.headers = hubsdk::writeShape(
        storage::StoredHeaders{security::withoutProofs(knock.delivery, knock.claim).headers});
    if (const auto type = http::find(knock.request.headers, "Content-Type")) {
        row.content_type = std::string(type->substr(0, 100));
    }
    row.body = std::move(knock.request.body);
    row.proof = proofWord(knock.claim);
    row.is_hint = knock.is_hint;
    row.received_at_ms = knock.now_ms;
    return row;
}

// Counts what became of the row.
void Ingress::settle(Knock& knock, const hubsdk::Result<void>& done,
                     storage::InsertOutcome outcome) const {
    if (!done.ok()) {
        observe::log(Level::kError, "ingress.commit_failed", {{"why", done.error().text()}});
        return count(knock.path.vendor, door::kUnavailable);
    }
    const bool duplicate = outcome == storage::InsertOutcome::kDuplicate;
    count(knock.path.vendor, duplicate ? door::kDuplicate : door::kStored);
}

// Tells the sender, once the row is there or cannot be.
void Ingress::finish(Knock& knock, const hubsdk::Result<void>& done,
                     storage::InsertOutcome outcome) const {
    settle(knock, done, outcome);
    if (!done.ok()) return knock.respond(unavailableAnswer());
    knock.respond(std::move(knock.ack));
    services_.delivery_stored();
}

void Ingress::storeEvent(const std::shared_ptr<Knock>& knock) const {
    auto sealed = services_.repositories.inbox.seal(knock->scope(), deliveryOf(*knock));
    if (!knock->account) return storeForeign(knock, std::move(sealed));
    inbox_->insert(std::move(sealed), [this, knock](const InboxWriter::Inserted& inserted) {
        if (inserted) return finish(*knock, {}, inserted->outcome);
        finish(*knock, inserted.error(), {});
    });
}

// The alert is raised in the transaction that keeps the delivery.
void Ingress::storeForeign(const std::shared_ptr<Knock>& knock,
                           storage::SealedDelivery sealed) const {
    const auto& repositories = services_.repositories;
    auto outcome = std::make_shared<storage::InsertOutcome>();
    services_.database.submit(
        storage::WriteQueue::kIngress,
        [&repositories, knock, sealed = std::move(sealed), outcome](Connection& connection) {
            const auto inserted = repositories.inbox.insertDelivery(connection, sealed);
            *outcome = inserted.outcome;
            raiseForeign(
                {connection, repositories, knock->scope(), knock->now_ms},
                {domain::Actor::kVendor, knock->plugin->manifest().vendor, sealed.row.trace_id},
                inserted.id);
        },
        [this, knock, outcome](const hubsdk::Result<void>& done) {
            finish(*knock, done, *outcome);
        });
}

void Ingress::storeRequest(const std::shared_ptr<Knock>& knock) const {
    const auto& repositories = services_.repositories;
    const auto scope = knock->scope();
    storage::NewDelivery row = deliveryOf(*knock);
    row.status = "processed";  // a flow answers it, no worker interprets it
    auto sealed =
        std::make_shared<storage::SealedDelivery>(repositories.inbox.seal(scope, std::move(row)));
    auto flow_id = std::make_shared<std::string>();
    auto outcome = std::make_shared<storage::InsertOutcome>();
    const auto look = [this, knock, scope, flow_id]() -> std::optional<http::Response> {
        const auto flow = services_.database.read([&](Connection& connection) {
            return services_.repositories.flows.find(connection, scope, *flow_id);
        });
        if (!flow) return std::nullopt;
        security::PieceContext context;
        context.at_ms = services_.now_ms();
        context.secrets = &knock->secrets();
        return answerOf(*flow, knock->plugin->manifest(), std::move(context));
    };
    services_.database.submit(
        storage::WriteQueue::kIngress,
        [&repositories, knock, sealed, scope, flow_id, outcome](Connection& connection) {
            const auto inserted = repositories.inbox.insertDelivery(connection, *sealed);
            *outcome = inserted.outcome;
            const storage::NewFlow flow =
                inboundFlow(*knock->account, knock->plugin->sha256(), inserted.id, knock->now_ms);
            *flow_id = startInboundFlow(connection, repositories, scope, flow, knock->now_ms);
        },
        [this, knock, look, outcome](const hubsdk::Result<void>& done) {
            settle(*knock, done, *outcome);
            if (!done.ok()) return knock->respond(unavailableAnswer());
            services_.flows_changed();
            const std::int64_t taken_ms = services_.steady_ms() - knock->arrived_ms;
            services_.desk.wait(look, services_.answer_deadline_ms - taken_ms, knock->respond);
        });
}

}  // namespace hub::ingress
