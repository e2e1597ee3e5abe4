#include <algorithm>
#include <numeric>

#include "hub/domain/testing/domain_fixture.hpp"

namespace hub::domain {
namespace {

using hubsdk::CheckOutcome;
using hubsdk::CheckType;
using hubsdk::Observation;
using hubsdk::OrderStatus;

// The five events of an order with hosted consent in ../vendors/checkr.md.
constexpr int kEvents = 5;
constexpr int kPermutations = 120;

hubsdk::Check countySearch(std::optional<CheckOutcome> outcome, const std::string& suffix) {
    auto check = checkSaid("county" + suffix, CheckType::kCriminalCounty, outcome);
    check.jurisdiction = "DENVER, CO";
    if (outcome == CheckOutcome::kConsider) {
        hubsdk::Finding finding;
        finding.kind = hubsdk::FindingKind::kCriminalCharge;
        finding.case_number = "2020CR1";
        finding.offense = "theft";
        check.findings = {finding};
    }
    return check;
}

class StoryTest : public DomainTest {
protected:
    // What a GET after event `i` shows: invitation open, invitation completed, report pending,
    // report complete with a record, report engaged by the customer.
    Observation state(int i, const std::string& suffix) {
        using enum OrderStatus;
        constexpr std::array kStatus{kAwaitingApplicantInfo, kDataVerification, kInProgress,
                                     kPendingReview, kCompleted};
        Observation shown = said(kStatus.at(static_cast<std::size_t>(i)));
        shown.links = {linkOf("invitation", "inv" + suffix), linkOf("candidate", "can" + suffix)};
        if (i == 0) shown.applicant_url = hubsdk::ApplicantUrl{"https://apply.example", {}};
        if (i < 2) return shown;
        shown.links.insert(shown.links.begin(), linkOf("report", "rep" + suffix));
        shown.vendor_order_id = "rep" + suffix;
        const bool finished = i >= 3;
        if (finished) {
            shown.overall_outcome = CheckOutcome::kConsider;
            shown.completed_at = "2025-10-01T10:00:00Z";
            shown.version = i == 3 ? "2025-10-01T10:00:00Z" : "2025-10-02T10:00:00Z";
        }
        shown.checks = {
            countySearch(finished ? std::optional(CheckOutcome::kConsider) : std::nullopt, suffix),
            checkSaid("ssn" + suffix, CheckType::kSsnTrace, CheckOutcome::kClear)};
        shown.checks_complete = true;
        return shown;
    }

    // Every column that says what we know, without the names that differ between the orders.
    std::string rowsOf(storage::Connection& c, const Placed& placed, const std::string& suffix) {
        std::string text;
        const auto add = [&](std::string_view sql, std::string_view id, int columns) {
            c.query(sql, {id}, [&](const storage::Row& row) {
                for (int i = 0; i < columns; ++i) {
                    std::string cell(row.isNull(i) ? "null" : row.text(i));
                    const auto at = suffix.empty() ? std::string::npos : cell.find(suffix);
                    if (at != std::string::npos) cell.erase(at, suffix.size());
                    text += cell + "|";
                }
                text += "\n";
            });
        };
        add("SELECT status, held_from, action_reason, result, CAST(completion_percentage AS "
            "CHAR(9)), submitted_at, dispatched_at, results_ready_at, completed_at "
            "FROM screening_order WHERE id = ?",
            placed.order_id, 9);
        add("SELECT status, vendor_order_id, vendor_status, overall_outcome, raw_result, "
            "applicant_url_enc, estimated_at, completed_at, submitted_at "
            "FROM vendor_order WHERE id = ?",
            placed.row_id, 9);
        add("SELECT check_type, vendor_check_id, status, result, outcome, verdict, jurisdiction, "
            "CAST(added_by_vendor AS CHAR(9)), started_at, completed_at, withdrawn_at "
            "FROM screening_check WHERE order_id = ? ORDER BY check_type",
            placed.order_id, 11);
        add("SELECT kind, dedupe_key, removed_at FROM finding WHERE order_id = ? "
            "ORDER BY dedupe_key",
            placed.order_id, 3);
        add("SELECT external_type, external_id FROM external_link WHERE entity_id = ? "
            "ORDER BY external_type",
            placed.row_id, 2);
        return text;
    }

    // Runs `play(connection, placed, order of events, suffix)` for every permutation; all the rows
    // must end as those of the first.
    template <class Play>
    void expectEqualEnds(Play play) {
        std::array<int, kEvents> events{};
        std::iota(events.begin(), events.end(), 0);
        std::string expected;
        int played = 0;
        do {
            const std::string suffix = "_" + std::to_string(1000 + played);
            const std::string rows = write([&](storage::Connection& c) {
                const Placed placed = placeIn(c, "ref" + suffix,
                                              {{"criminal_county", {}, {}}, {"ssn_trace", {}, {}}});
                play(c, placed, events, suffix);
                return rowsOf(c, placed, suffix);
            });
            if (played == 0) expected = rows;
            ASSERT_EQ(rows, expected) << "permutation " << played;
            ++played;
        } while (std::next_permutation(events.begin(), events.end()));
        EXPECT_EQ(played, kPermutations);
        EXPECT_TRUE(expected.starts_with("pending_review|null|null|consider|99|")) << expected;
    }
};

// TM-IN-4: five replies that overtook each other.
TEST_F(StoryTest, EveryOrderOfTheFetchedStatesEndsEqual) {
    expectEqualEnds([&](storage::Connection& c, const Placed& placed, const auto& events,
                        const std::string& suffix) {
        for (const int i : events) {
            (void)applyObservation(unitOn(c), state(i, suffix),
                                   fetched(placed.row_id, kNow + 1000 * (i + 1)));
        }
    });
}

// TM-IN-4: five events in any order, each one twice, with fetches that run as they do: one at a
// time, each gathering what asked for it until then, and none that nobody asked for. A fetch shows
// the state after the newest event so far.
TEST_F(StoryTest, EveryOrderOfTheEventsEndsEqual) {
    expectEqualEnds([&](storage::Connection& c, const Placed& placed, const auto& events,
                        const std::string& suffix) {
        int newest = 0;
        std::int64_t clock = kNow;
        const auto fetch_wanted = [&] {
            const auto row = *repositories_.vendor_orders.find(c, scope_, placed.row_id);
            if (row.fetch_wanted == row.fetch_done) return;
            clock += 1000;
            (void)applyObservation(unitOn(c), state(newest, suffix), fetched(placed.row_id, clock));
            auto fresh = *repositories_.vendor_orders.find(c, scope_, placed.row_id);
            fresh.fetch_done = row.fetch_wanted;
            repositories_.vendor_orders.save(c, scope_, fresh, now_);
        };
        for (std::size_t i = 0; i < events.size(); ++i) {
            newest = std::max(newest, events[i]);
            Observation event = state(events[i], suffix);
            event.client_reference = "ref" + suffix;
            event.needs_fetch = events[i] >= 2;
            for (int copy = 0; copy < 2; ++copy) {
                (void)applyObservation(unitOn(c), event, told());
            }
            // Every other fetch comes late, so that it stands for more than one event.
            if (i % 2 == 1) fetch_wanted();
        }
        fetch_wanted();
    });
}

}  // namespace
}  // namespace hub::domain
