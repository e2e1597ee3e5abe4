/// What an action carries beside its step, cut out of replies before the unit that commits it:
/// documents of observations, and deliveries for the inbox (plugin-contract section 7).
#pragma once

#include "hub/flows/flow_turn.hpp"

namespace hub::flows {

/// A document's bytes and the observation they belong to.
struct CutDocument {
    std::size_t observation = 0;
    std::size_t document = 0;
    std::string bytes;
};

struct Materials {
    std::vector<hubsdk::Observation> observations;  ///< `blob_id` is set when they are stored
    std::vector<CutDocument> documents;
    std::vector<storage::SealedDelivery> deliveries;
};

/// The bytes of a slice, which live in the turn. Fails with kInvalid if they are not there.
[[nodiscard]] hubsdk::Result<std::string_view> sliceOf(const FlowTurn& turn,
                                                       const hubsdk::Slice& slice);

/// A delivery that a flow fetched: as good as a signed one, and the same event as by webhook.
[[nodiscard]] storage::NewDelivery fetchedDelivery(const FlowTurn& turn, std::string_view source,
                                                   std::string event_key, std::int64_t now_ms);

/// Cuts and decodes; what is to be cut into records is left to FlowRunner::landRecords. Fails with
/// kInvalid if a slice lies outside its reply or is not in the form that it says. Seals deliveries,
/// which costs time by size: not on the writer's thread.
[[nodiscard]] hubsdk::Result<Materials> gather(const FlowTurn& turn, const hubsdk::Action& action,
                                               const storage::InboxRepository& inbox,
                                               std::int64_t now_ms);

/// Stores documents as blobs and puts deliveries into the inbox, in the caller's unit. The same
/// delivery again is a duplicate, as by webhook. Gives the number of new deliveries.
std::int64_t store(storage::Connection& connection, const storage::Repositories& repositories,
                   const storage::TenantScope& scope, Materials& materials, std::int64_t now_ms);

}  // namespace hub::flows
