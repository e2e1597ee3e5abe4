// Files that the host cuts into deliveries (plugin-contract section 7).
#include "hub/flows/testing/flow_fixture.hpp"

#include <gmock/gmock.h>

namespace hub::flows {
namespace {

using testing::answer;
using testing::Behaviour;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class RecordFileTest : public testing::FlowEngineTest {
protected:
    static std::string reading(const std::string& records, const std::string& more = "") {
        return R"([{"label":"file","method":"GET","path":"/file","records":)" + records + more +
               "}]";
    }
    /// The bodies of all deliveries, in no order: the clock stands still.
    std::vector<std::string> bodies() {
        return database_->read([&](storage::Connection& connection) {
            std::vector<std::string> ids;
            connection.query("SELECT id FROM inbound_event ORDER BY id", {},
                             [&](const storage::Row& row) { ids.push_back(row.string(0)); });
            std::vector<std::string> found;
            for (const std::string& id : ids)
                found.push_back(repositories_->inbox.find(connection, scope_, id)->body);
            return found;
        });
    }
    std::int64_t deliveries() { return count("SELECT COUNT(*) FROM inbound_event"); }
};

TEST_F(RecordFileTest, EachRecordIsADeliveryOfItsOwn) {
    vendor_.on("/file", {answer(200, "id,text\r\n1,\"a\r\nb\"\r\n2,c\r\n2,c\r\n")});
    const std::string id = start(reading(R"({"format":"csv","skip":1})"));
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_THAT(bodies(), UnorderedElementsAre("1,\"a\r\nb\"", "2,c", "2,c"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM inbound_event WHERE transport = 'file' "
                    "AND proof = 'fetched' AND is_hint = 0"),
              3);
}

TEST_F(RecordFileTest, TheSameRecordOfTheSameFileIsTheSameEvent) {
    vendor_.on("/file", {answer(200, "a\nb\n"), answer(200, "a\nb\nc\n")});
    for (int i = 0; i < 2; ++i) {
        start(reading(R"({"format":"lines"})"));
        run();
    }
    EXPECT_THAT(bodies(), UnorderedElementsAre("a", "b", "c"));
}

TEST_F(RecordFileTest, AFileThatWentIntoABlobStreamsThroughTheCutter) {
    std::string file;
    for (int i = 0; i < 12'000; ++i)
        file += "row " + std::to_string(i) + std::string(40, '.') + "\n";
    ASSERT_GT(file.size(), 2 * storage::kBlobChunkBytes);
    vendor_.on("/file", {answer(200, file)});
    const std::string id = start(reading(R"({"format":"lines"})", R"(,"to_blob":2000000)"));
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(deliveries(), 12'000);
}

TEST_F(RecordFileTest, ABadRecordDoesNotStopItsNeighbours) {
    vendor_.on("/file", {answer(200, "a\n\"open\nb\n")});
    const std::string id = start(reading(R"({"format":"csv"})"));
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_THAT(bodies(), UnorderedElementsAre("a", "b"));
    EXPECT_EQ(count("SELECT COUNT(*) FROM alert WHERE alert_type = 'bad_records' "
                    "AND description LIKE '1 records%number 2.'"),
              1);
}

TEST_F(RecordFileTest, AReservedFormatIsRefusedByItsName) {
    const std::string id = start(reading(R"({"format":"xlsx"})"));
    run();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("unsupported"));
    EXPECT_THAT(error(id), HasSubstr("xlsx"));
    EXPECT_EQ(deliveries(), 0);
}

TEST_F(RecordFileTest, RulesThatMakeNoSenseFailTheFlow) {
    const std::string id = start(reading(R"({"format":"fixed"})"));
    run();
    EXPECT_EQ(state(id), "failed");
    EXPECT_THAT(error(id), HasSubstr("record_bytes"));
}

// Killed after the records and before the end of the flow.
TEST_F(RecordFileTest, CuttingAgainAfterACrashDoublesNothing) {
    vendor_.on("/file", {answer(200, "a\na\nb\n")});
    const std::string id = start(reading(R"({"format":"lines"})"));
    run();
    ASSERT_EQ(state(id), "done") << error(id);
    // As it was before its last commit.
    sql("UPDATE flow SET state = 'running', finished_at = NULL, wake_at = ? WHERE id = ?",
        {storage::timeText(now_.load()), id});
    sql("UPDATE flow_step SET state = 'replied'");
    run();
    EXPECT_EQ(state(id), "done") << error(id);
    EXPECT_EQ(deliveries(), 3);
    EXPECT_EQ(vendor_.seen("/file").size(), 1U);
}

TEST_F(RecordFileTest, AWorkerWithoutItsLeaseStoresNoRecord) {
    Behaviour reading_it = answer(200, "a\nb\n");
    vendor_.on("/file", {reading_it});
    const std::string id = start(reading(R"({"format":"lines"})"));
    run();
    ASSERT_EQ(deliveries(), 2);
    sql("DELETE FROM inbound_event");
    sql("UPDATE flow SET state = 'running', finished_at = NULL, wake_at = ? WHERE id = ?",
        {storage::timeText(now_.load()), id});
    const auto held = lease();
    sql("UPDATE flow SET fence = fence + 1 WHERE id = ?", {id});
    runLease(held);
    EXPECT_EQ(deliveries(), 0);
}

}  // namespace
}  // namespace hub::flows
