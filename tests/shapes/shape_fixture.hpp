/// Loads a shape as the hub does and plays it, each call twice.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "hub/plugins/plugin.hpp"
#include "hub/security/proof.hpp"
#include "sdk/plugin-api/testing/scripted_transport.hpp"

namespace shapes {

/// One exchange of a script.
[[nodiscard]] hubsdk::testing::ScriptedReply exchange(std::string method, std::string path,
                                                      std::string body, int status = 200);

/// A delivery whose body is a view of `body`, which must outlive it.
[[nodiscard]] hubsdk::Delivery deliveryOf(std::string_view body,
                                          std::vector<hubsdk::Header> headers = {});

/// The result; a failed test and a default value if it is an error.
template <class T>
[[nodiscard]] T expected(hubsdk::Result<T> result) {
    if (result) return std::move(result).value();
    ADD_FAILURE() << result.error().text();
    return T{};
}

class ShapeTest : public ::testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    /// Loads build/<preset>/plugins/shapes/shape_<name>.so through the hub's loader.
    void load(std::string_view name);
    [[nodiscard]] const hub::plugins::Plugin& plugin() const { return *plugin_; }

    /// Plays a command with every step asked twice and once more from a restored journal; all three
    /// answers must be equal byte for byte. Every call must stay within the manifest.
    [[nodiscard]] hubsdk::testing::Played play(hubsdk::Command command,
                                               std::vector<hubsdk::testing::ScriptedReply> script,
                                               hubsdk::testing::PlayOptions options = {});
    /// Each asks twice and compares the bytes.
    [[nodiscard]] hubsdk::Claim claim(const hubsdk::Delivery& delivery);
    [[nodiscard]] std::vector<hubsdk::Observation> interpret(const hubsdk::Delivery& delivery);

    std::string settings_ = "{}";
    std::shared_ptr<const hub::plugins::Plugin> plugin_;

private:
    std::filesystem::path cache_;
};

/// A command with nothing but its name.
[[nodiscard]] hubsdk::Command commandOf(std::string name);

}  // namespace shapes
