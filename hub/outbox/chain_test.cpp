#include "hub/outbox/relay_fixture.hpp"

namespace hub::outbox {
namespace {

using storage::Connection;

// TM-LOG: a changed, removed and inserted row is found.
class ChainTest : public RelayTest {
protected:
    void SetUp() override {
        record(scope_, 0, 10);
        Relay relay(services(), "a");
        drain(relay);
        ASSERT_EQ(reason(scope_), "holds");
    }
    std::string idOf(std::int64_t seq) {
        std::string id;
        database_->read([&](Connection& c) {
            c.query("SELECT id FROM audit_entry WHERE tenant_id = ? AND seq = ?",
                    {scope_.tenantId(), seq}, [&](const storage::Row& row) { id = row.string(0); });
        });
        return id;
    }
};

TEST_F(ChainTest, EveryColumnOfAnEntryCounts) {
    const std::pair<const char*, const char*> changes[] = {
        {"occurred_at", "2024-01-01 00:00:00.000"},
        {"actor_type", "user"},
        {"actor_id", "x"},
        {"actor_name", "x"},
        {"action", "x"},
        {"operation", "VIEW"},
        {"resource_type", "x"},
        {"resource_id", "x"},
        {"order_id", "x"},
        {"check_id", "x"},
        {"person_id", "x"},
        {"is_timeline", "1"},
        {"title", "x"},
        {"description", "x"},
        {"old_status", "x"},
        {"new_status", "x"},
        {"visible_mask", "1"},
        {"ip_address", "x"},
        {"trace_id", "x"},
        {"created_at", "2024-01-01 00:00:00.000"},
    };
    const std::string id = idOf(4);
    for (const auto& [column, value] : changes) {
        SCOPED_TRACE(column);
        std::optional<std::string> before;
        const std::string get =
            "SELECT CAST(" + std::string(column) + " AS CHAR(40)) FROM audit_entry WHERE id = ?";
        database_->read([&](Connection& c) {
            c.query(get, {id}, [&](const storage::Row& row) { before = row.optString(0); });
        });
        const std::string set = "UPDATE audit_entry SET " + std::string(column) + " = ? ";
        run(set + "WHERE id = ?", {value, id});
        EXPECT_EQ(reason(scope_), "4 changed");
        EXPECT_EQ(verify(scope_).checked, 3);
        run(set + "WHERE id = ?", {before, id});
        EXPECT_EQ(reason(scope_), "holds");
    }
}

TEST_F(ChainTest, SealedChangesCountAndOutliveARotation) {
    ASSERT_TRUE(vault_->rotate().ok());
    const std::string id = idOf(4);
    const storage::SealedCells cells(*vault_, "audit_entry");
    const std::string same = R"([{"field":"name","old":null,"new":"Ann"}])";
    run("UPDATE audit_entry SET changes_enc = ? WHERE id = ?",
        {cells.seal(scope_.tenantId(), id, "changes_enc", std::string_view(same)), id});
    EXPECT_EQ(reason(scope_), "holds") << "sealed anew, the same in it";
    run("UPDATE audit_entry SET changes_enc = ? WHERE id = ?",
        {cells.seal(scope_.tenantId(), id, "changes_enc", std::string_view("[]")), id});
    EXPECT_EQ(reason(scope_), "4 changed");
    run("UPDATE audit_entry SET changes_enc = 'x' WHERE id = ?", {id});
    EXPECT_EQ(reason(scope_), "4 unreadable");
}

TEST_F(ChainTest, ADeletedEntryIsMissing) {
    run("DELETE FROM audit_entry WHERE id = ?", {idOf(6)});
    EXPECT_EQ(reason(scope_), "6 missing");
}

TEST_F(ChainTest, SwappedEntriesAreFound) {
    const std::string a = idOf(3);
    const std::string b = idOf(4);
    run("UPDATE audit_entry SET seq = 99 WHERE id = ?", {a});
    run("UPDATE audit_entry SET seq = 3 WHERE id = ?", {b});
    run("UPDATE audit_entry SET seq = 4 WHERE id = ?", {a});
    EXPECT_EQ(reason(scope_), "3 unlinked");
}

TEST_F(ChainTest, AnInsertedEntryIsFound) {
    run("UPDATE audit_entry SET seq = seq + 100 WHERE seq > 5");
    run("UPDATE audit_entry SET seq = seq - 99 WHERE seq > 100");
    const std::string id = idOf(1);
    run("INSERT INTO audit_entry (id, seq, tenant_id, occurred_at, actor_type, action, operation, "
        "resource_type, resource_id, is_timeline, visible_mask, prev_hash, hash, created_at) "
        "SELECT 'forged', 6, tenant_id, occurred_at, actor_type, action, operation, "
        "resource_type, resource_id, is_timeline, visible_mask, prev_hash, hash, created_at "
        "FROM audit_entry WHERE id = ?",
        {id});
    EXPECT_EQ(reason(scope_), "6 unlinked");
}

TEST_F(ChainTest, ACutEndIsFoundByTheSealedHead) {
    run("DELETE FROM audit_entry WHERE seq > 8");
    EXPECT_EQ(reason(scope_), "9 cut");
    run("DELETE FROM audit_entry");
    EXPECT_EQ(reason(scope_), "1 cut");
}

// Who can write to the database, but not open it, links a chain of his own to the end.
TEST_F(ChainTest, AnEndThatWasMadeAnewIsFoundByTheSealedHead) {
    const std::string id = idOf(10);
    run("UPDATE audit_entry SET action = 'x' WHERE id = ?", {id});
    // The rule of the chain is public: make the last hash right again, by the relay's own code.
    run("UPDATE audit_entry SET seq = NULL, prev_hash = NULL, hash = NULL WHERE id = ?", {id});
    std::string sealed;
    database_->read([&](Connection& c) {
        c.query("SELECT head_enc FROM audit_chain", {},
                [&](const storage::Row& row) { sealed = row.string(0); });
    });
    const storage::SealedCells heads(*vault_, "audit_chain");
    std::string hash_of_nine;
    database_->read([&](Connection& c) {
        c.query("SELECT hash FROM audit_entry WHERE seq = 9", {},
                [&](const storage::Row& row) { hash_of_nine = row.string(0); });
    });
    run("UPDATE audit_chain SET head_enc = ?",
        {heads.seal(scope_.tenantId(), scope_.tenantId(), "head_enc",
                    std::string_view("9:" + hash_of_nine))});
    Relay relay(services(), "a");
    drain(relay);
    ASSERT_EQ(reason(scope_), "holds") << "with the key everything can be made";
    run("UPDATE audit_chain SET head_enc = ?", {sealed});
    EXPECT_EQ(reason(scope_), "10 rewritten") << "without it the head stays what it was";
    run("UPDATE audit_chain SET head_enc = 'x'");
    EXPECT_EQ(reason(scope_), "10 rewritten");
    run("DELETE FROM audit_chain");
    EXPECT_EQ(reason(scope_), "10 no_head");
}

TEST_F(ChainTest, PagesOfAnySizeSeeTheSame) {
    for (const int rows : {1, 3, 10, 11, 5'000}) {
        SCOPED_TRACE(rows);
        const auto page = verify(scope_, rows);
        EXPECT_EQ(page.checked, 10);
        EXPECT_FALSE(page.broken.has_value());
    }
}

TEST_F(ChainTest, ATenantWithoutEntriesHolds) {
    const auto other = tenant("other");
    EXPECT_EQ(reason(other), "holds");
    record(other, 0);
    EXPECT_EQ(verify(other).unnumbered, 1);
    EXPECT_EQ(verify(scope_).unnumbered, 0);
}

}  // namespace
}  // namespace hub::outbox
