/// Feeds: what a vendor lets us read at our own pace (plugin-contract section 7). Every feed of a
/// manifest is read for every enabled account, one run at a time, from the stored cursor.
#pragma once

#include "hub/flows/commands.hpp"
#include "hub/flows/flow_runner.hpp"

namespace hub::flows {

inline constexpr std::int64_t kFeedsEveryMs = 5'000;
/// Feeds of one pass; what is left over waits for the next.
inline constexpr int kFeedRowsMax = 200;
/// The longest that a failing feed backs off, unless its interval is longer.
inline constexpr std::int64_t kFeedBackoffMaxMs = std::int64_t{24} * 3600 * 1000;
inline constexpr std::string_view kFeedSync = "feed.sync";
/// Subject of the flows that read a feed.
inline constexpr std::string_view kFeedSubject = "feed";

/// The manifest's feed of that name. Fails with kInvalid at `field` and the list of feeds.
[[nodiscard]] hubsdk::Result<hubsdk::FeedRule> feedOf(const hubsdk::Manifest& manifest,
                                                      std::string_view name, std::string field);

/// Starts feed.sync from the stored cursor, or gives the run of this account and feed that is
/// still open. Throws StorageError and UnitRefused.
storage::CreatedFlow startFeedFlow(const domain::UnitOfWork& unit, const storage::Account& account,
                                   const plugins::Plugin& plugin, const hubsdk::FeedRule& feed);

/// One pass at this time: starts what is due, each feed in a unit of its own, and gives how many.
/// Several nodes start a feed once. A failure is logged and leaves the feed for the next pass.
std::int64_t syncDueFeeds(const FlowServices& services);

/// What the end of a run means for its feed, in the caller's unit: the cursor moves, or the feed
/// backs off with an alert.
void settleFeed(const domain::UnitOfWork& unit, const SubjectEnd& end);

}  // namespace hub::flows
