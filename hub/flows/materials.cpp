#include "hub/flows/materials.hpp"

#include <hubsdk/cpp/text.hpp>

#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

// Vendors break base64 into lines (RFC 2045).
std::string withoutBlanks(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c != '\r' && c != '\n' && c != ' ' && c != '\t') out.push_back(c);
    }
    return out;
}

Result<std::string> decoded(std::string_view bytes, const std::optional<std::string>& form) {
    if (!form) return std::string(bytes);
    if (*form != "base64")
        return makeError(ErrorCode::kInvalid, "a document can only be decoded from base64");
    auto plain = hubsdk::base64Decoded(withoutBlanks(bytes));
    if (!plain) return makeError(ErrorCode::kInvalid, "a document is no base64");
    return std::move(*plain);
}

Result<void> gatherDocuments(const FlowTurn& turn, Materials& materials) {
    for (std::size_t i = 0; i < materials.observations.size(); ++i) {
        auto& documents = materials.observations[i].documents;
        for (std::size_t k = 0; k < documents.size(); ++k) {
            if (!documents[k].slice) continue;
            auto bytes = sliceOf(turn, *documents[k].slice);
            if (!bytes) return std::move(bytes).error();
            auto plain = decoded(*bytes, documents[k].decode);
            if (!plain) return std::move(plain).error();
            materials.documents.push_back({i, k, std::move(plain).value()});
        }
    }
    return {};
}

Result<storage::NewDelivery> deliveryOf(const FlowTurn& turn, const hubsdk::Deliver& deliver,
                                        std::int64_t now_ms) {
    if (deliver.event_key.empty())
        return makeError(ErrorCode::kInvalid, "a delivery of an action needs an event_key");
    storage::NewDelivery row = fetchedDelivery(turn, deliver.source, deliver.event_key, now_ms);
    row.body = deliver.text;
    if (deliver.slice) {
        auto bytes = sliceOf(turn, *deliver.slice);
        if (!bytes) return std::move(bytes).error();
        row.body = std::string(*bytes);
    }
    return row;
}

}  // namespace

Result<std::string_view> sliceOf(const FlowTurn& turn, const hubsdk::Slice& slice) {
    if (slice.of != hubsdk::SliceOf::kReply || !slice.name)
        return makeError(ErrorCode::kInvalid, "a slice of an action is cut from a reply");
    const storage::FlowStep* step = lastWithLabel(turn, *slice.name);
    if (step == nullptr || !step->reply)
        return makeError(ErrorCode::kInvalid, "no reply to " + *slice.name);
    const std::string_view body = step->reply->body;
    const auto from = static_cast<std::size_t>(std::max<std::int64_t>(slice.from.value_or(0), 0));
    if (from > body.size())
        return makeError(ErrorCode::kInvalid, "a slice begins behind its reply");
    const std::size_t rest = body.size() - from;
    const auto size =
        slice.size ? static_cast<std::size_t>(std::max<std::int64_t>(*slice.size, 0)) : rest;
    if (size > rest) return makeError(ErrorCode::kInvalid, "a slice ends behind its reply");
    return body.substr(from, size);
}

storage::NewDelivery fetchedDelivery(const FlowTurn& turn, std::string_view source,
                                     std::string event_key, std::int64_t now_ms) {
    storage::NewDelivery row;
    row.id = security::uuid7(now_ms);
    row.account_id = turn.account.id;
    row.plugin_key = turn.account.plugin_key;
    row.transport = source == "file" ? "file" : "poll";
    row.source = turn.account.plugin_key;
    row.dedupe_scope = turn.account.id;
    // As the ingress does it: the same event by webhook and by feed is one event.
    row.dedupe_key = security::sha256Hex("event\n" + event_key);
    row.vendor_event_id = std::move(event_key);
    row.request = R"({"method":"POST","path":"","query":""})";
    row.headers = R"({"fields":[]})";
    // Fetched with our credentials over a verified connection: as good as a signature.
    row.proof = "fetched";
    row.is_hint = false;
    row.received_at_ms = now_ms;
    return row;
}

Result<Materials> gather(const FlowTurn& turn, const hubsdk::Action& action,
                         const storage::InboxRepository& inbox, std::int64_t now_ms) {
    Materials materials;
    materials.observations = action.observations;
    if (auto gathered = gatherDocuments(turn, materials); !gathered)
        return std::move(gathered).error();
    for (const hubsdk::Deliver& deliver : action.deliver) {
        if (deliver.records) continue;
        auto row = deliveryOf(turn, deliver, now_ms);
        if (!row) return std::move(row).error();
        materials.deliveries.push_back(inbox.seal(turn.scope(), std::move(row).value()));
    }
    return materials;
}

std::int64_t store(storage::Connection& connection, const storage::Repositories& repositories,
                   const storage::TenantScope& scope, Materials& materials, std::int64_t now_ms) {
    for (const CutDocument& cut_document : materials.documents) {
        auto& document =
            materials.observations[cut_document.observation].documents[cut_document.document];
        const std::string type =
            document.content_type.empty() ? "application/octet-stream" : document.content_type;
        document.blob_id =
            repositories.blobs.add(connection, scope, cut_document.bytes, type, now_ms).id;
        document.slice.reset();
        document.decode.reset();
    }
    std::int64_t fresh = 0;
    for (const storage::SealedDelivery& delivery : materials.deliveries) {
        const auto inserted = repositories.inbox.insertDelivery(connection, delivery);
        if (inserted.outcome == storage::InsertOutcome::kInserted) ++fresh;
    }
    return fresh;
}

}  // namespace hub::flows
