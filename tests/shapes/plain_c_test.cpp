#include <gmock/gmock.h>
#include <fstream>
#include <sstream>

#include "tests/shapes/shape_fixture.hpp"

namespace shapes {
namespace {

using namespace hubsdk;

class PlainC : public ShapeTest {
protected:
    void SetUp() override {
        ShapeTest::SetUp();
        load("plain_c");
    }
};

TEST_F(PlainC, ReturnsTheManifestOfItsSection) {
    const hub_view described = plugin().library().table().describe();
    auto manifest = readManifest(std::string_view(described.data, described.size));
    ASSERT_TRUE(manifest) << manifest.error().text();
    EXPECT_EQ(manifest->vendor, "shape_plain_c");
    EXPECT_EQ(plugin().library().table().query({"x", 1}), nullptr);
}

TEST_F(PlainC, HoldsNothingOfTheCppLibrary) {
    std::ifstream file(SHAPES_DIR "/shape_plain_c.so", std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    EXPECT_FALSE(bytes.str().empty());
    EXPECT_THAT(bytes.str(), ::testing::Not(::testing::HasSubstr("N6hubsdk")));
}

TEST_F(PlainC, ClaimsAndInterprets) {
    const Delivery delivery = deliveryOf("it is done", {{"X-Signature", "00"}});
    const Claim offered = claim(delivery);
    ASSERT_EQ(offered.proofs.size(), 1U);
    EXPECT_EQ(offered.proofs[0].algorithm, "hmac-sha256");
    hub::security::SecretValues secrets;
    secrets["webhook_secret"] = {"sesame"};
    EXPECT_FALSE(hub::security::verifyClaim(offered, delivery, secrets, 0).authentic());
    EXPECT_EQ(interpret(delivery).at(0).order_status, OrderStatus::kCompleted);
    EXPECT_TRUE(interpret(deliveryOf("not yet")).empty());
}

TEST_F(PlainC, AdvancesAFlow) {
    const auto played = play(commandOf("account.test"), {exchange("GET", "/ping", "")});
    ASSERT_EQ(played.actions.size(), 2U);
    EXPECT_EQ(played.actions[0].calls.at(0).host, "api.vendor.example");
    EXPECT_EQ(played.last().result.json, R"({"ok":true})");
}

TEST_F(PlainC, RefusesWhatItDoesNotKnow) {
    AdvanceInput input;
    input.inputs = commandOf("order.submit");
    auto action = plugin().advance(input);
    ASSERT_FALSE(action);
    EXPECT_EQ(action.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace shapes
