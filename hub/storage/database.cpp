#include "hub/storage/database.hpp"

#include <chrono>
#include <future>

#include "hub/storage/migration.hpp"
#include "hub/storage/time_text.hpp"

namespace hub::storage {
namespace {

constexpr std::int64_t kMarkerKeptMs = 86'400'000;

std::int64_t nowMs() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Migrations are done before anything else may write.
std::unique_ptr<Writer> startWriter(Driver& driver, const DatabaseLimits& limits) {
    {
        const auto connection = driver.open(Access::kSchema);
        migrate(*connection, embeddedMigrations());
        // Markers of writers that are long gone.
        if (driver.writesInParallel())
            connection->run("DELETE FROM commit_marker WHERE updated_at < ?",
                            {timeText(nowMs() - kMarkerKeptMs)});
    }
    return std::make_unique<Writer>(driver, driver.open(Access::kWrite),
                                    driver.writesInParallel() ? limits.writers_max : 1,
                                    limits.queue_units_max);
}

}  // namespace

Database::Database(std::string_view url, const DatabaseLimits& limits)
    : Database(makeDriver(url, limits.statement_deadline_ms), limits) {}

Database::Database(std::unique_ptr<Driver> driver, const DatabaseLimits& limits)
    : driver_(std::move(driver)),
      readers_(*driver_, limits.readers_max, limits.pool_wait_ms),
      writer_(startWriter(*driver_, limits)) {}

Database::~Database() = default;

void Database::submit(WriteQueue queue, Unit unit, UnitDone done) {
    writer_->submit(queue, std::move(unit), std::move(done));
}

hubsdk::Result<void> Database::write(WriteQueue queue, Unit unit) {
    if (writer_->onWriterThread())
        return hubsdk::makeError(hubsdk::ErrorCode::kInternal,
                                 "a blocking write on a writer thread could wait for itself");
    std::promise<hubsdk::Result<void>> told;
    auto outcome = told.get_future();
    writer_->submit(queue, std::move(unit),
                    [&told](hubsdk::Result<void> result) { told.set_value(std::move(result)); });
    return outcome.get();
}

void Database::stop() { writer_->stop(); }

}  // namespace hub::storage
