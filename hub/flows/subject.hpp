/// What the end of a flow means for the vendor order it is about.
#pragma once

#include "hub/domain/unit_of_work.hpp"
#include "hub/storage/flow_repository.hpp"

#include <hubsdk/model/common.hpp>

namespace hub::flows {

enum class Ending : std::uint8_t {
    kDone,
    kFailed,
    kGaveUp,     ///< the vendor could not be reached in time: a person does it by hand (R-VEN-16)
    kUncertain,  ///< not over: a person has to say what became of it
};

struct SubjectEnd {
    const storage::Flow& flow;
    const storage::Account& account;
    std::string plugin_sha256;
    Ending ending = Ending::kDone;
    std::optional<hubsdk::ErrorClass> error_class;
    std::optional<std::string> vendor_order_id;  ///< as a person said it
    std::optional<std::string> cursor = {};      ///< of feed.sync: where the run ended
};

/// Moves vendor order and order, asks for a fetch or opens a task, moves a feed's cursor, in the
/// caller's unit. Does nothing for flows about something else. Throws StorageError and UnitRefused.
void settleSubject(const domain::UnitOfWork& unit, const SubjectEnd& end);

}  // namespace hub::flows
