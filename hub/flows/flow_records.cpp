// The part of FlowRunner that cuts files into deliveries, one a record (plugin-contract section 7).
//
// Records are committed in batches before the action that names their file. A crash in between
// repeats the cutting, and what was committed is a duplicate by its key; so nothing is lost or
// doubled, and the cursor that comes with the action never runs ahead of the records.
#include <unordered_map>

#include "hub/flows/flow_runner.hpp"
#include "hub/flows/record_cutter.hpp"
#include "hub/observe/log.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;
using storage::Connection;

constexpr std::size_t kBatchRowsMax = 64;
constexpr std::size_t kBatchBytesMax = std::size_t{1} * 1024 * 1024;
constexpr std::size_t kKeyChars = 32;

// Gives the file to `take` piece by piece; at most one piece is held at a time.
Result<void> readFile(const FlowServices& services, const FlowTurn& turn,
                      const hubsdk::Deliver& file,
                      const std::function<Result<void>(std::string_view)>& take) {
    if (!file.slice) return take(file.text);
    const storage::FlowStep* step =
        file.slice->name ? lastWithLabel(turn, *file.slice->name) : nullptr;
    const auto head = step != nullptr && step->reply
                          ? hubsdk::readShape<StoredHead>(step->reply->headers)
                          : hubsdk::Result<StoredHead>(StoredHead{});
    if (!head || !head->blob) {
        auto bytes = sliceOf(turn, *file.slice);
        return bytes ? take(*bytes) : Result<void>(std::move(bytes).error());
    }
    std::int64_t size = 0;
    for (int ordinal = 0; size < head->blob->size_bytes; ++ordinal) {
        const auto piece = services.database.read([&](Connection& connection) {
            return services.repositories.blobs.chunk(connection, turn.scope(), head->blob->id,
                                                     ordinal);
        });
        if (!piece || piece->empty())
            return makeError(ErrorCode::kInternal, "a part of the file is missing");
        size += static_cast<std::int64_t>(piece->size());
        if (auto taken = take(*piece); !taken) return taken;
    }
    return {};
}

// A record's key: the file's name, its bytes, and how many equal ones came before it.
class RecordKeys {
public:
    explicit RecordKeys(std::string name) : name_(std::move(name)) {}
    std::string keyOf(std::string_view record) {
        std::string key =
            security::sha256Hex(name_ + "\n" + std::string(record)).substr(0, kKeyChars);
        const int before = seen_[key]++;
        return before == 0 ? key : key + ":" + std::to_string(before);
    }

private:
    const std::string name_;
    std::unordered_map<std::string, int> seen_;  // at most kRecordsMax
};

hubsdk::ErrorClass classOf(ErrorCode code) {
    return code == ErrorCode::kUnsupported ? hubsdk::ErrorClass::kUnsupported
                                           : hubsdk::ErrorClass::kSchema;
}

}  // namespace

FlowRunner::Next FlowRunner::landRecords(const FlowTurn& turn, const hubsdk::Action& action) const {
    for (const hubsdk::Deliver& file : action.deliver) {
        if (!file.records) continue;
        const auto good = RecordCutter::check(*file.records);
        if (!good) return fail(turn, classOf(good.error().code), good.error().text());
        if (file.event_key.empty())
            return fail(turn, hubsdk::ErrorClass::kSchema, "a file of records needs an event_key");
        const Next landed = landFile(turn, file);
        if (landed != Next::kReady) return landed;
    }
    return Next::kReady;
}

FlowRunner::Next FlowRunner::landFile(const FlowTurn& turn, const hubsdk::Deliver& file) const {
    const auto& repositories = services_.repositories;
    RecordKeys keys(file.event_key);
    std::vector<storage::SealedDelivery> batch;
    std::size_t batch_bytes = 0;
    bool lost = false;
    const auto commitBatch = [&]() -> Result<void> {
        lost = !commit(turn, "records", [&](Connection& connection) {
            repositories.flows.renewLease(connection, turn.lease, services_.now_ms() + kLeaseMs);
            std::vector<const storage::SealedDelivery*> rows;
            rows.reserve(batch.size());
            for (const storage::SealedDelivery& delivery : batch) rows.push_back(&delivery);
            repositories.inbox.insertDeliveries(connection, rows);
        });
        batch.clear();
        batch_bytes = 0;
        if (lost) return makeError(ErrorCode::kConflict, "the records were not stored");
        return {};
    };
    RecordCutter cutter(*file.records, [&](std::string_view record) -> Result<void> {
        storage::NewDelivery row =
            fetchedDelivery(turn, file.source, keys.keyOf(record), services_.now_ms());
        row.body = std::string(record);
        batch_bytes += row.body.size();
        batch.push_back(repositories.inbox.seal(turn.scope(), std::move(row)));
        const bool full = batch.size() >= kBatchRowsMax || batch_bytes >= kBatchBytesMax;
        return full ? commitBatch() : Result<void>{};
    });
    auto read =
        readFile(services_, turn, file, [&](std::string_view piece) { return cutter.feed(piece); });
    if (read) read = cutter.end();
    if (read && !batch.empty()) read = commitBatch();
    if (lost) return Next::kReleased;
    if (services_.inbox_changed) services_.inbox_changed();
    if (!read) return fail(turn, classOf(read.error().code), read.error().text());
    if (cutter.bad() == 0) return Next::kReady;
    observe::log(observe::Level::kWarning, "flow.bad_records",
                 {{"flow", turn.flow.id}, {"rows", cutter.bad()}});
    const bool told = commit(turn, "bad records", [&](Connection& connection) {
        raiseAlert(connection, turn.lease, "bad_records",
                   std::to_string(cutter.bad()) +
                       " records of a file could not be cut, the first "
                       "is number " +
                       std::to_string(cutter.firstBad().value_or(0)) + ".");
    });
    return told ? Next::kReady : Next::kReleased;
}

}  // namespace hub::flows
