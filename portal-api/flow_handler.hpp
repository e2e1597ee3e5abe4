/// Flows as an operator sees them: reading, listing, and resolving what cannot go on by itself
/// (architecture section 7).
#pragma once

#include "hub/flows/resolution.hpp"
#include "portal-api/router.hpp"

namespace portal {

struct FlowView {
    std::string id;
    std::string command;
    std::string state;
    hubsdk::Raw result;
    std::optional<std::string> error;
    std::optional<std::string> waits_for;
    std::string provider_id;
    std::string subject_type;
    std::string subject_id;
    std::string created_at;
    std::string due_at;
};

/// One page of GET /admin/flows?state=&after=&limit=, oldest first.
struct FlowList {
    std::vector<FlowView> items;
    std::optional<std::string> next;  ///< `after` of the next page; absent on the last one
};

/// Body of POST /admin/flows/{id}/resolve.
struct ResolveFlow {
    hub::flows::Verdict outcome = hub::flows::Verdict::kAbandon;
    std::optional<std::string> vendor_order_id;
};

/// Secrets that a reply held for the caller of the flow.
struct TransientSecrets {
    hubsdk::Raw values;
};

struct BreakerItem {
    std::string provider_id;
    std::string plugin_key;
    std::string state;
    std::int64_t failures = 0;
    std::string until;
};
struct BreakerList {
    std::vector<BreakerItem> items;
};

/// The flow of this tenant; kNotFound if there is none.
[[nodiscard]] hubsdk::Result<FlowView> loadFlow(const ApiCall& call, std::string_view id);

[[nodiscard]] hubsdk::Result<FlowView> readFlow(const ApiCall& call, const NoBody& request);
[[nodiscard]] hubsdk::Result<FlowList> listFlows(const ApiCall& call, const NoBody& request);
[[nodiscard]] hubsdk::Result<FlowView> resolveFlow(const ApiCall& call, const ResolveFlow& request);
/// Gives them once; the second time there is nothing.
[[nodiscard]] hubsdk::Result<TransientSecrets> takeTransientSecrets(const ApiCall& call,
                                                                    const NoBody& request);
/// Breakers of this tenant's providers that are not at rest.
[[nodiscard]] hubsdk::Result<BreakerList> listBreakers(const ApiCall& call, const NoBody& request);

}  // namespace portal

namespace hubsdk {
template <>
struct EnumNames<hub::flows::Verdict> {
    using Verdict = hub::flows::Verdict;
    static constexpr std::string_view kName = "Verdict";
    static constexpr std::array<EnumRow<Verdict>, 4> kRows{{{Verdict::kPlaced, "placed"},
                                                            {Verdict::kNotPlaced, "not_placed"},
                                                            {Verdict::kAbandon, "abandon"},
                                                            {Verdict::kResume, "resume"}}};
};
template <>
struct Shape<portal::FlowView> {
    using T = portal::FlowView;
    static constexpr std::string_view kName = "Flow";
    static constexpr auto kFields = std::tuple{
        field("id", &T::id, "Id."),
        field("command", &T::command, "Command."),
        field("state", &T::state, "running, waiting, done, failed, uncertain or parked."),
        field("result", &T::result, "What the command gave."),
        field("error", &T::error, "Why."),
        field("waits_for", &T::waits_for, "Why it waits: time, retry, rate, breaker, token …"),
        field("provider_id", &T::provider_id, "The provider."),
        field("subject_type", &T::subject_type, "What it is about."),
        field("subject_id", &T::subject_id, "Which one."),
        field("created_at", &T::created_at, "When it was asked for."),
        field("due_at", &T::due_at, "When it goes on.")};
};
template <>
struct Shape<portal::FlowList> {
    static constexpr std::string_view kName = "FlowList";
    static constexpr auto kFields = std::tuple{
        field("items", &portal::FlowList::items, "Oldest first.", Need::kRequired, lengthMax(100)),
        field("next", &portal::FlowList::next, "`after` of the next page.")};
};
template <>
struct Shape<portal::ResolveFlow> {
    static constexpr std::string_view kName = "ResolveFlow";
    static constexpr auto kFields =
        std::tuple{field("outcome", &portal::ResolveFlow::outcome,
                         "placed, not_placed or abandon; of a parked flow resume or abandon.",
                         Need::kRequired),
                   field("vendor_order_id", &portal::ResolveFlow::vendor_order_id,
                         "The vendor's id of an order that was placed.", lengthMax(100))};
};
template <>
struct Shape<portal::TransientSecrets> {
    static constexpr std::string_view kName = "TransientSecrets";
    static constexpr auto kFields =
        std::tuple{field("values", &portal::TransientSecrets::values, "By name.", Pii::kSecret)};
};
template <>
struct Shape<portal::BreakerItem> {
    using T = portal::BreakerItem;
    static constexpr std::string_view kName = "Breaker";
    static constexpr auto kFields =
        std::tuple{field("provider_id", &T::provider_id, "The provider."),
                   field("plugin_key", &T::plugin_key, "Vendor key."),
                   field("state", &T::state, "closed, open or half_open."),
                   field("failures", &T::failures, "In a row."),
                   field("until", &T::until, "When a probe may go.")};
};
template <>
struct Shape<portal::BreakerList> {
    static constexpr std::string_view kName = "BreakerList";
    static constexpr auto kFields = std::tuple{field(
        "items", &portal::BreakerList::items, "Those that are not at rest.", Need::kRequired)};
};
}  // namespace hubsdk
