#include "plugins/checkr/checkr_checks.hpp"
#include "plugins/checkr/checkr_flows.hpp"
#include "plugins/checkr/checkr_requests.hpp"

#include <algorithm>
#include <charconv>

namespace vendor::checkr {
namespace {

using hubsdk::Account;
using hubsdk::CatalogItem;
using hubsdk::Command;
using hubsdk::ErrorClass;
using hubsdk::Flow;
using hubsdk::JsonWriter;
using hubsdk::Pieces;
using hubsdk::Reply;
using hubsdk::Request;

// A list that does not end is a vendor's mistake, not a longer list.
constexpr std::int64_t kPagesMax = 100;
// The token addresses have no staging twin and no /v1.
constexpr std::string_view kOauthHost = "api.checkr.com";

// What the caller gave; lives as long as the flow's frame.
class Parameters {
public:
    explicit Parameters(const Command& inputs)
        : document_(hubsdk::JsonDocument::parse(
              inputs.parameters.json.empty() ? std::string_view("{}") : inputs.parameters.json)) {}
    [[nodiscard]] Json operator[](std::string_view name) const {
        return document_ ? document_->root()[name] : Json();
    }

private:
    hubsdk::Result<hubsdk::JsonDocument> document_;
};

[[noreturn]] void refuse(std::string message) {
    throw hubsdk::FlowEnd(hubsdk::vendorError(ErrorClass::kValidation, std::move(message)));
}

// Cents, written as a number or, by older answers, as a text.
std::optional<hubsdk::Money> priceOf(Json price) {
    const std::string_view digits = price.scalarText().value_or("");
    hubsdk::Money money;
    money.currency = "USD";
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), money.amount_minor);
    if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size()) {
        return std::nullopt;
    }
    return money;
}

CatalogItem itemOf(Json package) {
    CatalogItem item;
    item.id = idOf(package["slug"]).value_or("");
    item.name = textOf(package["name"]).value_or(item.id);
    item.price = priceOf(package["price"]);
    for (const auto& screening : package["screenings"].items()) {
        const auto word = idOf(Json(&screening)["type"]);
        if (!word) continue;
        std::string type = checkTypeOf(*word);
        if (std::ranges::find(item.check_types, type) == item.check_types.end()) {
            item.check_types.push_back(std::move(type));
        }
    }
    return item;
}

// The items of the legs before and of this page, as a JSON array.
std::string itemsWith(Json before, Json page) {
    std::string text;
    JsonWriter out(text);
    out.beginArray();
    for (const auto& item : before.items()) out.value(Json(&item));
    for (const auto& node : page["data"].items()) {
        const Json package(&node);
        if (idOf(package["slug"]) && package["deleted_at"].empty()) {
            hubsdk::writeShape(out, itemOf(package));
        }
    }
    out.endArray();
    return text;
}

// Path and query of next_href behind our base path: it has been seen with http:// and its host is
// not to be trusted with the API key.
std::optional<std::string> nextPage(Json page) {
    const Json href = page["next_href"];
    if (href.empty()) return std::nullopt;
    std::string_view target = href.text();
    if (const auto scheme = target.find("://"); scheme != std::string_view::npos) {
        target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
    }
    if (!target.starts_with(kBasePath) ||
        !target.substr(kBasePath.size()).starts_with("/packages?")) {
        throw hubsdk::FlowEnd(
            hubsdk::vendorError(ErrorClass::kSchema, "next_href is no page of /packages"));
    }
    return std::string(target.substr(kBasePath.size()));
}

Request pageRequest(const std::optional<std::string>& cursor) {
    if (!cursor) return apiGet("packages", "/packages").query("per_page", "100");
    const std::size_t mark = std::min(cursor->find('?'), cursor->size() - 1);
    return apiGet("packages", cursor->substr(0, mark)).encodedQuery(cursor->substr(mark + 1));
}

// {"client_id", "client_secret", "code"}; the host fills in the secret.
Request exchangeRequest(const Account& account, std::string_view code) {
    const std::string_view client_id = account.text("client_id");
    if (client_id.empty()) refuse("account.settings.client_id: is required to exchange a code");
    Pieces body;
    body.push_back(hubsdk::piece::text("{\"client_id\":" + hubsdk::quoted(client_id) +
                                       ",\"client_secret\":\""));
    body.push_back(hubsdk::piece::escaped(hubsdk::piece::secret("client_secret"), "json"));
    body.push_back(hubsdk::piece::text("\",\"code\":" + hubsdk::quoted(code) + "}"));
    return hubsdk::post("exchange", "/oauth/tokens")
        .host(std::string(kOauthHost))
        .json(std::move(body))
        .capture("/access_token", "api_key");
}

Request registerRequest() {
    Pieces body;
    body.push_back(hubsdk::piece::text("{\"webhook_url\":\""));
    body.push_back(hubsdk::piece::escaped(hubsdk::piece::accountUrl(), "json"));
    body.push_back(hubsdk::piece::text("\",\"include_object\":true}"));
    return apiPost("register", "/webhooks").json(std::move(body)).keyed();
}

// What the caller gets of a connected account; members without a value are left out.
std::string resultOf(const std::optional<std::string>& account_ref,
                     const std::optional<std::string>& webhook_id) {
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    if (account_ref) out.member("account_ref", *account_ref);
    if (webhook_id) out.member("webhook_id", *webhook_id);
    out.endObject();
    return text;
}

hubsdk::Observation connected(const std::optional<std::string>& account_ref) {
    hubsdk::Observation observation;
    observation.kind = hubsdk::ObservationKind::kAccount;
    observation.account_ref = account_ref;
    return observation;
}

// Another system of the customer may own the second webhook: only an equal address is ours.
std::optional<std::string> webhookAt(Json list, std::string_view url) {
    for (const auto& node : list["data"].items()) {
        const Json webhook(&node);
        if (webhook["webhook_url"].text() == url) return idOf(webhook["id"]);
    }
    return std::nullopt;
}

std::vector<int> gone() { return {404}; }
std::vector<int> unauthorised() { return {401}; }

}  // namespace

Flow listPackages(const Command& inputs) {
    const Parameters parameters(inputs);
    Reply reply = co_await pageRequest(inputs.cursor);
    const Json page = reply.json();
    std::string items = itemsWith(parameters["items"], page);
    const auto next = nextPage(page);
    if (!next) co_return hubsdk::done().result(std::move(items));
    if (inputs.leg + 1 >= kPagesMax) {
        co_return hubsdk::failed(ErrorClass::kSchema, "the list of packages does not end");
    }
    Command following = inputs;
    following.parameters.json = "{\"items\":" + items + "}";
    co_return hubsdk::nextLeg(following, *next);
}

Flow testAccount(const Account& account) {
    co_await apiGet("packages", "/packages").query("per_page", "1");
    const bool staging = account.text("environment") == "staging";
    co_return hubsdk::done().result(staging ? R"({"environment":"staging"})"
                                            : R"({"environment":"production"})");
}

Flow connectAccount(const Command& inputs, const Account& account) {
    const Parameters parameters(inputs);
    std::optional<std::string> account_ref;
    if (const auto code = textOf(parameters["code"])) {
        Reply token = co_await exchangeRequest(account, *code);
        account_ref = idOf(token.json()["checkr_account_id"]);
    }
    Reply webhook = co_await registerRequest();
    const auto webhook_id = idOf(webhook.json()["id"]);
    if (!account_ref) account_ref = idOf(webhook.json()["account_id"]);
    co_return hubsdk::done()
        .observing(connected(account_ref))
        .result(resultOf(account_ref, webhook_id));
}

// Our own address is a secret that plugins never see, so the list alone does not show which webhook
// is ours: the caller says it.
Flow disconnectAccount(const Command& inputs) {
    const Parameters parameters(inputs);
    auto webhook_id = idOf(parameters["webhook_id"]);
    if (!webhook_id) {
        const auto url = textOf(parameters["webhook_url"]);
        if (!url) {
            refuse(
                "parameters.webhook_id: is required, as account.connect gave it in its result; "
                "or parameters.webhook_url");
        }
        Reply list = co_await apiGet("webhooks", "/webhooks").query("per_page", "100");
        webhook_id = webhookAt(list.json(), *url);
    }
    if (webhook_id) {
        co_await apiDelete("unregister", pathOf("webhooks", *webhook_id)).safe().allow(gone());
    }
    co_return hubsdk::done().result(resultOf(std::nullopt, webhook_id));
}

Flow exchangeCode(const Command& inputs, const Account& account) {
    const Parameters parameters(inputs);
    const auto code = textOf(parameters["code"]);
    if (!code) refuse("parameters.code: is required");
    Reply token = co_await exchangeRequest(account, *code);
    const auto account_ref = idOf(token.json()["checkr_account_id"]);
    co_return hubsdk::done()
        .observing(connected(account_ref))
        .result(resultOf(account_ref, std::nullopt));
}

Flow revokeToken(const Account&) {
    // 401: the token no longer works, which is what was wanted; so a repeat does no harm.
    co_await apiPost("deauthorize", "/oauth/deauthorize")
        .host(std::string(kOauthHost))
        .safe()
        .allow(unauthorised());
    co_return hubsdk::done();
}

}  // namespace vendor::checkr
