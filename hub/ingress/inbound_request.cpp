#include "hub/ingress/inbound_request.hpp"

#include <algorithm>
#include <array>

#include "hub/flows/commands.hpp"
#include "hub/ingress/answer_desk.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

namespace hub::ingress {
namespace {

// Nobody waits for the answer after this; the flow still ends and keeps it for a repetition.
constexpr std::int64_t kInboundGiveUpMs = 60'000;

// What frames the message belongs to the edge.
constexpr std::array<std::string_view, 8> kEdgeFields{"connection", "content-length",   "date",
                                                      "keep-alive", "server",           "trailer",
                                                      "upgrade",    "transfer-encoding"};

hubsdk::Result<http::Response> assembled(const hubsdk::Answer& answer,
                                         const hubsdk::Manifest& manifest,
                                         security::PieceContext& context) {
    using hubsdk::ErrorCode;
    using hubsdk::makeError;
    if (answer.status < 200 || answer.status > 599) {
        return makeError(ErrorCode::kInvalid, "is no status of an answer", "status");
    }
    http::Response response;
    response.status = static_cast<int>(answer.status);
    for (const hubsdk::PieceHeader& field : answer.headers) {
        const bool edges = std::ranges::any_of(kEdgeFields, [&](std::string_view name) {
            return http::equalsIgnoreCase(name, field.name);
        });
        if (edges || !http::isToken(field.name)) {
            return makeError(ErrorCode::kInvalid, "may not be set", "headers");
        }
        auto allowed = security::checkPieces(field.value, manifest, security::Place::kAnswer);
        if (!allowed) return std::move(allowed).error();
        auto value = security::assembleHeader(field.value, context);
        if (!value) return std::move(value).error();
        response.headers.push_back({field.name, std::move(value).value()});
    }
    auto allowed = security::checkPieces(answer.body, manifest, security::Place::kAnswer);
    if (!allowed) return std::move(allowed).error();
    auto body = security::assemble(answer.body, context);
    if (!body) return std::move(body).error();
    response.body = std::move(body).value();
    return response;
}

}  // namespace

storage::NewFlow inboundFlow(const storage::Account& account, std::string_view plugin_sha256,
                             std::string_view delivery_id, std::int64_t now_ms) {
    hubsdk::Command inputs;
    inputs.command = kInboundRequest;
    inputs.account.id = account.id;
    inputs.account.settings.json = account.settings;
    inputs.started_at_ms = now_ms;
    storage::NewFlow flow;
    flow.account_id = account.id;
    flow.plugin_key = account.plugin_key;
    flow.plugin_sha256 = plugin_sha256;
    flow.command = kInboundRequest;
    flow.subject_type = "inbound_event";
    flow.subject_id = delivery_id;
    flow.inputs = flows::frozenInputs(inputs);
    flow.give_up_at_ms = now_ms + kInboundGiveUpMs;
    return flow;
}

std::string startInboundFlow(storage::Connection& connection,
                             const storage::Repositories& repositories,
                             const storage::TenantScope& scope, const storage::NewFlow& flow,
                             std::int64_t now_ms) {
    storage::NewFlow row = flow;
    row.idempotency_key = security::sha256Hex(std::string(kInboundRequest) + "\n" + row.subject_id);
    return repositories.flows.create(connection, scope, row, now_ms).id;
}

std::optional<http::Response> answerOf(const storage::Flow& flow, const hubsdk::Manifest& manifest,
                                       security::PieceContext context) {
    if (flow.state == storage::FlowState::kRunning || flow.state == storage::FlowState::kWaiting) {
        return std::nullopt;
    }
    std::string why = flow.error.value_or("the flow gave no answer");
    if (auto answer = hubsdk::readShape<hubsdk::Answer>(flow.result.value_or("null"))) {
        auto response = assembled(*answer, manifest, context);
        if (response) return std::move(response).value();
        why = response.error().text();
    }
    observe::log(observe::Level::kWarning, "ingress.no_answer", {{"flow", flow.id}, {"why", why}});
    return unavailableAnswer();
}

}  // namespace hub::ingress
