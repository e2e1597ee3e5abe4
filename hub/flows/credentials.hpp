/// The secrets of one account, open for the calls of one turn.
#pragma once

#include "hub/security/pieces.hpp"
#include "hub/storage/account_repository.hpp"

#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

namespace hub::flows {

/// A token is renewed this long before it expires, so that it does not expire on its way.
inline constexpr std::int64_t kTokenMarginMs = 10'000;

/// Wiped at its end. One thread.
class Credentials {
public:
    Credentials(storage::SecretMap secrets, const storage::Account& account,
                const hubsdk::Manifest& manifest, std::int64_t now_ms);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    [[nodiscard]] const security::SecretValues& values() const { return values_; }
    /// Names the credential for budgets: equal for accounts that share the secrets they send, so
    /// that they share the vendor's limit. A hash; in memory only.
    [[nodiscard]] const std::string& budgetKey() const { return budget_key_; }

    /// Whether the call needs a secret that a flow captures and that is missing or about to expire.
    [[nodiscard]] bool needsToken(const hubsdk::Call& call) const;

    std::string public_url;  ///< the account's webhook URL

private:
    const hubsdk::Manifest& manifest_;
    security::SecretValues values_;      ///< current now
    security::SecretValues kept_alive_;  ///< current after the margin, too
    std::string budget_key_;
};

/// Every secret that the call mentions.
[[nodiscard]] std::vector<std::string> secretsOf(const hubsdk::Call& call);

/// Whether the plugin offers to renew tokens, and this is no command that does so itself.
[[nodiscard]] bool canRenewTokens(const hubsdk::Manifest& manifest, std::string_view command);

}  // namespace hub::flows
