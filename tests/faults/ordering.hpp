/// Orders under faults: what every such test starts with, and what must hold at its end.
#pragma once

#include "tests/e2e/stage.hpp"
#include "tests/faults/storm.hpp"

namespace hub::faults {

/// A number of the environment, for example HUB_FAULT_ROUNDS.
[[nodiscard]] int numberFrom(const char* name, int otherwise);

class Ordering : public e2e::Stage {
protected:
    using Stage::Stage;

    /// Waits for the ends of all orders. Architecture section 11, invariants 1 and 2: every
    /// acknowledged event has its row, every order its right end, and none is at the vendor twice.
    void expectNothingLostOrDoubled(Storm& storm, int orders);

private:
    /// Whether an order ended as its applicant's story does.
    [[nodiscard]] bool isRight(const std::pair<const std::string, std::string>& placed) const;
    void expectRows(const std::set<std::string>& events);
    /// For a message: the flows of the order, and the deliveries that are not processed.
    [[nodiscard]] std::string openWork(const std::string& order_id);
};

}  // namespace hub::faults
