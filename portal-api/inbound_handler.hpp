/// Deliveries as an operator sees them: what could not be processed, and playing it again (E-213,
/// E-214).
#pragma once

#include "portal-api/router.hpp"

namespace portal {

/// Deliveries that one call in bulk plays again.
inline constexpr int kReplayMax = 100;

/// A delivery without what the vendor wrote in it.
struct InboundEventView {
    std::string id;
    std::string plugin_key;
    std::optional<std::string> provider_config_id;
    std::string transport;
    std::string source;
    std::optional<std::string> vendor_event_id;
    std::string dedupe_key;
    std::int64_t duplicates = 0;
    std::string status;
    std::string received_at;
    std::optional<std::string> processed_at;
    std::int64_t attempts = 0;
    std::optional<std::string> error;
};

/// Body of POST /admin/inbound-events/replay: which ones.
struct ReplayMany {
    std::string status = "dead";  ///< dead, failed or parked
    std::optional<std::string> plugin;
    std::optional<std::string> provider_id;
    std::optional<std::string> after;  ///< `next` of the call before: those older than it
};

struct Replayed {
    std::int64_t replayed = 0;
    std::optional<std::string> next;  ///< `after` of the next call; absent if none is left
};

/// GET /admin/inbound-events?plugin=&status=&provider=, newest first.
[[nodiscard]] hubsdk::Result<Page<InboundEventView>> listInboundEvents(const ApiCall& call,
                                                                       const NoBody& request);
/// kConflict unless it is failed, dead or parked. Written to the audit trail.
[[nodiscard]] hubsdk::Result<Replayed> replayInboundEvent(const ApiCall& call,
                                                          const NoBody& request);
/// The newest kReplayMax of them, each with its entry in the audit trail.
[[nodiscard]] hubsdk::Result<Replayed> replayInboundEvents(const ApiCall& call,
                                                           const ReplayMany& request);

}  // namespace portal

namespace hubsdk {
template <>
struct Shape<portal::InboundEventView> {
    using T = portal::InboundEventView;
    static constexpr std::string_view kName = "InboundEvent";
    static constexpr auto kFields = std::tuple{
        field("id", &T::id, "Id."),
        field("plugin_key", &T::plugin_key, "Vendor key."),
        field("provider_config_id", &T::provider_config_id, "Provider; none: for nobody we know."),
        field("transport", &T::transport, "webhook, api, poll …"),
        field("source", &T::source, "Who sent it."),
        field("vendor_event_id", &T::vendor_event_id, "The vendor's name of the event."),
        field("dedupe_key", &T::dedupe_key, "SHA-256."),
        field("duplicates", &T::duplicates, "Copies that came later."),
        field("status", &T::status, "verified, processed, failed, dead or parked."),
        field("received_at", &T::received_at, "UTC."),
        field("processed_at", &T::processed_at, "UTC."),
        field("attempts", &T::attempts, "Times it failed."),
        field("error", &T::error, "Why.")};
};
template <>
struct Shape<portal::ReplayMany> {
    using T = portal::ReplayMany;
    static constexpr std::string_view kName = "ReplayMany";
    static constexpr auto kFields = std::tuple{
        field("status", &T::status, "dead, failed or parked.", Need::kOptional, lengthMax(10)),
        field("plugin", &T::plugin, "Vendor key.", lengthMax(50)),
        field("provider_id", &T::provider_id, "Provider.", lengthMax(36)),
        field("after", &T::after, "next of the call before.", lengthMax(36))};
};
template <>
struct Shape<portal::Replayed> {
    using T = portal::Replayed;
    static constexpr std::string_view kName = "Replayed";
    static constexpr auto kFields = std::tuple{field("replayed", &T::replayed, "Deliveries."),
                                               field("next", &T::next, "after of the next call.")};
};
}  // namespace hubsdk
