/// One leased flow as it stands in the database, and its journal as a plugin sees it.
#pragma once

#include "hub/plugins/plugin.hpp"
#include "hub/storage/repositories.hpp"

#include <hubsdk/model/flow.hpp>

namespace hub::flows {

/// Status of a step whose request provably never left: the plugin does not see it, and it may be
/// sent again whatever its repeat rule says.
inline constexpr std::int64_t kStatusNotSent = 0;
/// Status of a step that was executed but whose reply is over the limit.
inline constexpr std::int64_t kStatusTooLarge = -1;
/// A lost step is looked up no sooner than this after the loss, unless its request says more.
inline constexpr std::int64_t kLookUpAfterMs = 5'000;
/// Bytes of replies in one leg (plugin-contract section 6).
inline constexpr std::size_t kLegBytesMax = std::size_t{4} * 1024 * 1024;

/// What is stored beside a reply's body.
struct StoredHead {
    std::vector<hubsdk::Header> headers;
    std::optional<hubsdk::BlobRef> blob;
};

struct FlowTurn {
    storage::FlowLease lease;
    storage::Flow flow;
    storage::Account account;
    std::shared_ptr<const plugins::Plugin> plugin;  ///< null: not loaded
    std::vector<storage::FlowStep> steps;           ///< of the current leg
    std::optional<storage::Delivery> delivery;      ///< of inbound.request, in its first leg

    [[nodiscard]] storage::TenantScope scope() const {
        return storage::TenantScope::fromLeasedRow(flow.tenant_id);
    }
    [[nodiscard]] const hubsdk::Manifest& manifest() const { return plugin->manifest(); }
    /// Set by a commit that failed because the database was away: the flow goes no further now.
    mutable bool stuck = false;

    /// Of the version that runs it, or, if none is loaded, of the one that began it.
    [[nodiscard]] const std::string& pluginSha() const {
        return plugin ? plugin->sha256() : flow.plugin_sha256;
    }
};

[[nodiscard]] hubsdk::Repeat repeatOf(const storage::FlowStep& step);

/// Whether the flow's command is about a credential (see isAboutCredential).
[[nodiscard]] bool asksForToken(const FlowTurn& turn);

/// True for a step that waits to be sent again: never sent, or lost and harmless to repeat.
[[nodiscard]] bool awaitsRepeat(const FlowTurn& turn, const storage::FlowStep& step);

/// Whether the vendor may have carried out the step under a key that it no longer knows at `at_ms`
/// (the manifest's key_lifetime_ms; without one it knows keys for ever). Sent again it would be
/// carried out again.
[[nodiscard]] bool keyIsForgotten(const FlowTurn& turn, const storage::FlowStep& step,
                                  std::int64_t at_ms);

/// Whether a request that the vendor may have carried out has no answer. Such a flow must not end
/// as failed: whoever does by hand what it did not would do it twice.
[[nodiscard]] bool mayBeDone(const FlowTurn& turn);
/// True for a lost step that must not be repeated and cannot be looked up.
[[nodiscard]] bool isUncertain(const FlowTurn& turn, const storage::FlowStep& step);

/// When a lost step may be searched for.
[[nodiscard]] std::int64_t lookUpAt(const storage::FlowStep& step);

/// Bytes of all replies that the turn holds.
[[nodiscard]] std::size_t replyBytes(const FlowTurn& turn);

/// How often the label occurs in the leg so far.
[[nodiscard]] std::int64_t occurrenceOf(const FlowTurn& turn, std::string_view label);

/// The newest step of that label; null if there is none.
[[nodiscard]] const storage::FlowStep* lastWithLabel(const FlowTurn& turn, std::string_view label);

/// Whether a plugin's call asks what the step asked: label, method, host and path.
[[nodiscard]] bool sameRequest(const storage::FlowStep& step, const hubsdk::Call& call);

/// Whether a call may be sent although an equal one before it was lost (repeat rule look_up).
enum class Searched : std::uint8_t {
    kEnough,  ///< nothing was lost, or it was searched for twice
    kOnce,    ///< the last search has to be repeated first
    kNever,   ///< the flow did not search at all
};
struct SearchState {
    Searched searched = Searched::kEnough;
    const storage::FlowStep* last = nullptr;  ///< the search to repeat
    std::int64_t due_ms = 0;                  ///< when
};
[[nodiscard]] SearchState searchStateOf(const FlowTurn& turn, const hubsdk::Call& call);

/// When a step may be sent again, epoch milliseconds: exponential from half a second to a minute,
/// with a spread that is fixed for the step, so that asking twice gives the same time.
[[nodiscard]] std::int64_t repeatAt(const storage::FlowStep& step);

/// The input of advance. Its Body views point into `turn`, which must outlive it. Fails with
/// kInternal if the stored inputs cannot be read.
[[nodiscard]] hubsdk::Result<hubsdk::AdvanceInput> advanceInput(const FlowTurn& turn);

}  // namespace hub::flows

namespace hubsdk {
template <>
struct Shape<hub::flows::StoredHead> {
    static constexpr std::string_view kName = "StoredHead";
    static constexpr auto kFields =
        std::tuple{field("headers", &hub::flows::StoredHead::headers, "Header fields."),
                   field("blob", &hub::flows::StoredHead::blob, "Where the body went.")};
};
}  // namespace hubsdk
