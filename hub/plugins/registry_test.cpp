#include "hub/plugins/registry.hpp"

#include <atomic>
#include <thread>

#include "hub/plugins/testing/plugin_fixture.hpp"

namespace hub::plugins {
namespace {

using hubsdk::ErrorCode;
using testing::testPlugin;

class RegistryTest : public testing::PluginTest {
protected:
    PluginRegistry registry_{cache()};
};

TEST_F(RegistryTest, FindsTheNewestAndThePinnedVersion) {
    EXPECT_EQ(registry_.find("trial"), nullptr);
    const auto first = registry_.install(testPlugin("trial_good")).value();
    const auto second = registry_.install(testPlugin("trial_good_again")).value();
    EXPECT_EQ(registry_.find("trial"), second);
    EXPECT_EQ(registry_.find("trial", first->sha256()), first);
    EXPECT_EQ(registry_.find("trial", "00"), nullptr);
    EXPECT_EQ(registry_.find("other"), nullptr);
    EXPECT_EQ(registry_.find("other", "00"), nullptr);
    EXPECT_EQ(registry_.list().size(), 2U);
    EXPECT_EQ(registry_.install(testPlugin("trial_good")).value(), first) << "loaded only once";
    EXPECT_EQ(registry_.find("trial"), first) << "installing again goes back";
}

TEST_F(RegistryTest, ARefusedFileChangesNothing) {
    const auto first = registry_.install(testPlugin("trial_good")).value();
    EXPECT_FALSE(registry_.install(testPlugin("trial_major")).ok());
    EXPECT_EQ(registry_.find("trial"), first);
}

TEST_F(RegistryTest, RemovesWhatNewWorkDoesNotNeed) {
    const std::string first = registry_.install(testPlugin("trial_good")).value()->sha256();
    const std::string second = registry_.install(testPlugin("trial_good_again")).value()->sha256();
    EXPECT_EQ(registry_.remove("trial", "00").error().code, ErrorCode::kNotFound);
    EXPECT_EQ(registry_.remove("trial", second).error().code, ErrorCode::kConflict);
    EXPECT_TRUE(registry_.remove("trial", first).ok());
    EXPECT_TRUE(registry_.remove("trial", second).ok());
    EXPECT_EQ(registry_.find("trial"), nullptr);
}

// TM-PLG-3
TEST_F(RegistryTest, SwapsUnderLoadFailNoCall) {
    ASSERT_TRUE(registry_.install(testPlugin("trial_good")).ok());
    std::atomic<bool> stop = false;
    std::atomic<int> failed = 0;
    std::atomic<int> called = 0;
    const auto work = [&] {
        hubsdk::Delivery delivery;
        delivery.body.bytes = "r-1";
        while (!stop) {
            const auto plugin = registry_.find("trial");
            if (plugin == nullptr || !plugin->interpret(delivery, "{}")) ++failed;
            ++called;
        }
    };
    std::thread one(work);
    std::thread two(work);
    std::string last;
    for (int i = 0; i < 100; ++i) {
        const auto next =
            registry_.install(testPlugin(i % 2 == 0 ? "trial_good_again" : "trial_good")).value();
        if (!last.empty()) {
            EXPECT_TRUE(registry_.remove("trial", last).ok());
        }
        last = next->sha256();
    }
    while (called == 0) std::this_thread::yield();
    stop = true;
    one.join();
    two.join();
    EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace hub::plugins
