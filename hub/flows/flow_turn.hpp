/// One leased flow as it stands in the database, and its journal as a plugin sees it.
#pragma once

#include "hub/storage/repositories.hpp"

#include <hubsdk/model/flow.hpp>

namespace hub::flows {

/// Status of a step whose request provably never left: the plugin does not see it, and it may be
/// sent again whatever its repeat rule says.
inline constexpr std::int64_t kStatusNotSent = 0;

/// What is stored beside a reply's body.
struct StoredHead {
    std::vector<hubsdk::Header> headers;
    std::optional<hubsdk::BlobRef> blob;
};

struct FlowTurn {
    storage::FlowLease lease;
    storage::Flow flow;
    storage::Account account;
    std::vector<storage::FlowStep> steps;  ///< of the current leg
};

[[nodiscard]] hubsdk::Repeat repeatOf(const storage::FlowStep& step);

/// True for a step that waits to be sent again: never sent, or lost and harmless to repeat.
[[nodiscard]] bool awaitsRepeat(const storage::FlowStep& step);

/// True for a lost step that must not be repeated and cannot be looked up.
[[nodiscard]] bool isUncertain(const storage::FlowStep& step);

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
