#include "hub/plugins/secrets.hpp"

#include <gmock/gmock.h>

namespace hub::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

hubsdk::Manifest manifest(std::vector<hubsdk::SecretRule> secrets) {
    hubsdk::Manifest made;
    made.secrets = std::move(secrets);
    made.inbound.emplace_back();
    return made;
}

std::vector<std::string> missing(const hubsdk::Manifest& manifest,
                                 const std::vector<std::string>& names,
                                 ProofBy proof_by = ProofBy::kAccount) {
    return missingSecrets(manifest, names, proof_by);
}

TEST(MissingSecrets, AreTheRequiredOnesByName) {
    const auto made = manifest({{"api_key", {"header"}, true, ""},
                                {"webhook_secret", {"proof"}, true, ""},
                                {"extra", {"body"}, false, ""}});
    EXPECT_THAT(missing(made, {}), ElementsAre("api_key", "webhook_secret"));
    EXPECT_THAT(missing(made, {"api_key"}), ElementsAre("webhook_secret"));
    EXPECT_THAT(missing(made, {"api_key", "webhook_secret"}), IsEmpty());
    EXPECT_THAT(missing(made, {"api_key"}, ProofBy::kConnection), IsEmpty())
        << "the connection proves for it";
}

TEST(MissingSecrets, WhereNoneIsRequiredOneForEachUseIsNeeded) {
    const auto made = manifest({{"api_key", {"header", "proof"}, false, ""},
                                {"client_secret", {"body", "proof"}, false, ""}});
    EXPECT_THAT(missing(made, {}), ElementsAre("api_key or client_secret"));
    EXPECT_THAT(missing(made, {"client_secret"}), IsEmpty());
    const auto parted =
        manifest({{"api_key", {"header"}, false, ""}, {"signing_key", {"proof"}, false, ""}});
    EXPECT_THAT(missing(parted, {"api_key"}), ElementsAre("signing_key"));
    EXPECT_THAT(missing(parted, {"api_key"}, ProofBy::kConnection), IsEmpty());
}

TEST(MissingSecrets, NothingIsMissingWhereNothingIsUsed) {
    EXPECT_THAT(missing(manifest({}), {}), IsEmpty());
    auto silent = manifest({{"signing_key", {"proof"}, false, ""}});
    silent.inbound.clear();
    EXPECT_THAT(missing(silent, {}), IsEmpty());
}

}  // namespace
}  // namespace hub::plugins
