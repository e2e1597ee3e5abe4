/// A database whose write connections fail when a test wants it (TM-DB-6, threat-model rule 11).
#pragma once

#include "hub/storage/connection.hpp"

#include <atomic>
#include <memory>
#include <string_view>
#include <utility>

namespace hub::storage::testing {

/// What goes wrong. Any thread.
struct Faults {
    std::atomic<int> calls_left = 0;  ///< the call that makes it 0 fails, and only that one
    std::atomic<StorageErrorCode> code = StorageErrorCode::kFull;  ///< of that call
    std::atomic<bool> ends_transaction = false;  ///< that call; kUnavailable always does
    std::atomic<int> commits_to_fail = 0;        ///< the next ones, with kFull
    std::atomic<bool> away = false;              ///< every call fails, and no connection opens
};

/// Passes everything on, or fails as `faults` says. After kUnavailable the session is lost.
class FaultyConnection final : public Connection {
public:
    FaultyConnection(std::unique_ptr<Connection> inner, Faults& faults)
        : inner_(std::move(inner)), faults_(faults) {}

    void beginRead() override {
        mayFail();
        inner_->beginRead();
    }
    void beginWrite() override {
        mayFail();
        inner_->beginWrite();
    }
    void commit() override {
        mayFail();
        if (faults_.commits_to_fail > 0) {
            --faults_.commits_to_fail;
            throw StorageError(StorageErrorCode::kFull, "commit: no space left");
        }
        inner_->commit();
    }
    void rollback() noexcept override { inner_->rollback(); }
    void savepoint() override {
        mayFail();
        inner_->savepoint();
    }
    void releaseSavepoint() override {
        mayFail();
        inner_->releaseSavepoint();
    }
    void rollbackToSavepoint() override {
        mayFail();
        inner_->rollbackToSavepoint();
    }
    bool inTransaction() const override { return inner_->inTransaction(); }
    bool usable() const override { return !lost_ && inner_->usable(); }
    Dialect dialect() const override { return inner_->dialect(); }

protected:
    std::int64_t runStatement(std::string_view sql, std::span<const Value> params) override {
        mayFail();
        return inner_->run(sql, params);
    }
    void queryRows(std::string_view sql, std::span<const Value> params,
                   const RowCallback& row) override {
        mayFail();
        inner_->query(sql, params, row);
    }

private:
    void mayFail() {
        const bool now = faults_.calls_left > 0 && --faults_.calls_left == 0;
        StorageErrorCode code = faults_.code;
        if (lost_ || faults_.away) {
            code = StorageErrorCode::kUnavailable;
        } else if (!now) {
            return;
        }
        lost_ = code == StorageErrorCode::kUnavailable;
        if (lost_ || faults_.ends_transaction) inner_->rollback();
        throw StorageError(code, "failed on purpose");
    }

    std::unique_ptr<Connection> inner_;
    Faults& faults_;
    bool lost_ = false;
};

/// Over a database of the usual kind. `faults` outlives the driver and its connections.
class FaultyDriver final : public Driver {
public:
    FaultyDriver(std::string_view url, Faults& faults) : inner_(makeDriver(url)), faults_(faults) {}

    std::unique_ptr<Connection> open(Access access) override {
        if (access != Access::kWrite) return inner_->open(access);
        if (faults_.away) throw StorageError(StorageErrorCode::kUnavailable, "away on purpose");
        return std::make_unique<FaultyConnection>(inner_->open(access), faults_);
    }
    bool writesInParallel() const override { return inner_->writesInParallel(); }

private:
    std::unique_ptr<Driver> inner_;
    Faults& faults_;
};

}  // namespace hub::storage::testing
