// TM-IN-5, architecture section 11, invariants 1 and 2: a hub that is killed anywhere loses nothing
// that it acknowledged and does nothing twice.
#include <random>

#include "tests/faults/ordering.hpp"

namespace hub::faults {
namespace {

using Killed = Ordering;

TEST_F(Killed, LosesNothingAndDoublesNothing) {
    const int rounds = numberFrom("HUB_FAULT_ROUNDS", 4);
    const auto seed = static_cast<unsigned>(
        numberFrom("HUB_FAULT_SEED", static_cast<int>(std::random_device{}() % 1'000'000)));
    RecordProperty("seed", static_cast<int>(seed));
    SCOPED_TRACE("HUB_FAULT_SEED=" + std::to_string(seed));
    std::mt19937 random(seed);
    std::uniform_int_distribution<int> moment_ms(5, 600);
    twin_.setSwitch(R"({"duplicate_every":3,"reorder":true})");

    Storm storm(hub_, provider_id_, std::string(e2e::kApiKey));
    for (int round = 0; round < rounds; ++round) {
        storm.begin(2, 30);
        if (round % 4 == 3) twin_.setSwitch(R"({"lose_reply_next":1})");
        std::this_thread::sleep_for(std::chrono::milliseconds(moment_ms(random)));
        hub_.kill();
        hub_.start();
    }
    expectNothingLostOrDoubled(storm, rounds * 2);
}

}  // namespace
}  // namespace hub::faults
