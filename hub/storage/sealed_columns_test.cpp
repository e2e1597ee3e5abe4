#include "hub/storage/sealed_columns.hpp"

#include <atomic>
#include <set>
#include <thread>

#include "hub/storage/account_repository.hpp"
#include "hub/storage/order_repository.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::storage {
namespace {

class SealedColumnsTest : public StorageTest {
protected:
    void SetUp() override {
        open();
        scope_ = tenant("acme");
    }

    void add(int rows) {
        NewOrder order;
        order.channel = "portal";
        order.status = "submitted";
        order.person_document = R"({"ssn":"123-45-6789"})";
        order.request_document = "{}";
        const OrderRepository orders(*vault_);
        for (int i = 0; i < rows; ++i)
            ASSERT_TRUE(
                database_
                    ->write(WriteQueue::kPortal,
                            [&](Connection& connection) {
                                ids_.push_back(
                                    orders.create(connection, scope_, order, kNow).person_id);
                            })
                    .ok());
    }
    std::int64_t sealedBy(std::string_view key) {
        return count("SELECT COUNT(*) FROM person WHERE data_enc LIKE ?",
                     {"v1." + std::string(key) + "-%"});
    }
    std::int64_t resealAll(int rows_max) {
        ResealPlace place;
        while (!place.done()) {
            auto next = database_->writeFor(WriteQueue::kSystem, [&](Connection& connection) {
                return resealNext(connection, SystemScope::forWorker(), *vault_, place, rows_max);
            });
            if (!next.ok()) {
                ADD_FAILURE() << next.error().message;
                break;
            }
            place = std::move(next).value();
        }
        return place.resealed;
    }

    TenantScope scope_ = TenantScope::afterProof("none");
    std::vector<std::string> ids_;
};

// TM-DATA-1, R-SEC-02
TEST_F(SealedColumnsTest, IdentifiersAndSecretsHaveKeysOfTheirOwn) {
    EXPECT_EQ(keyClassOf("person", "ssn_enc"), security::KeyClass::kIdentifier);
    EXPECT_EQ(keyClassOf("finding", "details_enc"), security::KeyClass::kPersonal);
    EXPECT_EQ(keyClassOf("provider_config", "auth_config_enc"), security::KeyClass::kSecret);
    add(1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM screening_order WHERE request_enc LIKE 'v1.k1-p3.%'"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM person WHERE data_enc LIKE 'v1.k1-p3.%'"), 1);
}

// TM-DATA-3
TEST_F(SealedColumnsTest, TheRecordOfAKeyCountsItsUsesAndTellsOnceThatItIsWorn) {
    const std::string tenant = scope_.tenantId();
    const auto note = [&](std::int64_t uses) {
        return database_
            ->writeFor(WriteQueue::kSystem,
                       [&](Connection& connection) {
                           return noteKeyUses(connection, SystemScope::forWorker(),
                                              {{tenant, "k1-p2", uses}, {tenant, "k1-s", 1}}, kNow,
                                              100);
                       })
            .value();
    };
    EXPECT_TRUE(note(60).empty());
    const auto worn = note(40);
    ASSERT_EQ(worn.size(), 1U);
    EXPECT_EQ(worn[0].tenant_id, tenant);
    EXPECT_EQ(worn[0].key_id, "k1-p2");
    EXPECT_TRUE(note(1).empty()) << "once";
    EXPECT_EQ(count("SELECT uses FROM data_key WHERE tenant_id = ? AND key_id = 'k1-p2'", {tenant}),
              101);
}

// TM-DATA-5: a column that is left out would be lost with its key.
TEST_F(SealedColumnsTest, NameEverySealedColumnOfTheSchema) {
    std::set<std::string> in_schema;
    const std::string_view sql =
        testing::onMariadb()
            ? "SELECT table_name, column_name FROM information_schema.columns "
              "WHERE table_schema = DATABASE()"
            : "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
              "WHERE m.type = 'table'";
    database_->read([&](Connection& connection) {
        connection.query(sql, {}, [&](const Row& row) {
            if (row.text(1).ends_with("_enc"))
                in_schema.insert(row.string(0) + "." + row.string(1));
        });
    });
    std::set<std::string> known;
    for (const auto& at : sealedColumns())
        known.insert(std::string(at.table) + "." + std::string(at.column));
    EXPECT_EQ(known, in_schema);
}

// TM-DATA-5
TEST_F(SealedColumnsTest, RotationUnderLoadFailsNoReadAndLeavesNoOldKey) {
    add(20);
    const std::string old_key = vault_->activeKeyId();
    ASSERT_TRUE(vault_->rotate().ok());
    const OrderRepository orders(*vault_);
    std::atomic<bool> stop{false};
    std::atomic<int> reads{0};
    std::atomic<int> failed{0};
    std::jthread reader([&] {
        while (!stop || reads == 0) {
            for (const auto& id : ids_) {
                try {
                    const auto person = database_->read(
                        [&](Connection& c) { return orders.person(c, scope_, id); });
                    if (person->document != R"({"ssn":"123-45-6789"})") ++failed;
                } catch (const StorageError&) {
                    ++failed;
                }
            }
            ++reads;
        }
    });
    EXPECT_EQ(sealedBy(old_key), 20);
    EXPECT_EQ(resealAll(7), 40) << "persons and requests";
    stop = true;
    reader.join();
    EXPECT_EQ(failed, 0);
    EXPECT_EQ(sealedBy(old_key), 0);
    EXPECT_EQ(sealedBy(vault_->activeKeyId()), 20);
    EXPECT_EQ(resealAll(7), 0) << "nothing is done twice";
}

// TM-DATA-1
TEST_F(SealedColumnsTest, AnotherMasterKeyIsNoticed) {
    const auto require = [&](const security::Vault& vault) {
        database_->read([&](Connection& connection) {
            requireKeys(connection, SystemScope::forStartup(), vault);
        });
    };
    const auto other = security::Vault::open((folder_ / "other.key").string()).value();
    EXPECT_NO_THROW(require(*other)) << "nothing is sealed yet";
    add(1);
    EXPECT_NO_THROW(require(*vault_));
    try {
        require(*other);
        FAIL();
    } catch (const StorageError& error) {
        EXPECT_EQ(error.code(), StorageErrorCode::kCorrupt);
        EXPECT_NE(std::string(error.what()).find("person.data_enc"), std::string::npos)
            << error.what();
    }
}

}  // namespace
}  // namespace hub::storage
