#include "hub/flows/credentials.hpp"

#include <algorithm>

#include "hub/flows/commands.hpp"
#include "hub/security/digest.hpp"

namespace hub::flows {
namespace {

bool isCaptured(const hubsdk::Manifest& manifest, std::string_view name) {
    const auto rule = std::ranges::find(manifest.secrets, name, &hubsdk::SecretRule::name);
    return rule != manifest.secrets.end() &&
           std::ranges::find(rule->places, "capture") != rule->places.end();
}

bool isSent(const hubsdk::SecretRule& rule) {
    return std::ranges::any_of(rule.places, [](std::string_view place) {
        return place == "header" || place == "body" || place == "sign";
    });
}

// Of what stays the same: a token that is renewed changes while the vendor counts on, a key that
// was captured once does not.
std::string budgetKeyOf(const security::SecretValues& values, const hubsdk::Manifest& manifest,
                        const storage::Account& account) {
    const bool renews = offers(manifest, "auth.token");
    std::string text;
    for (const hubsdk::SecretRule& rule : manifest.secrets) {
        const auto found = values.find(rule.name);
        if (found == values.end() || !isSent(rule)) continue;
        if (renews && isCaptured(manifest, rule.name)) continue;
        text += rule.name + "=" + found->second.front() + "\n";
    }
    if (text.empty()) return account.id;
    std::string key = security::sha256Hex(manifest.vendor + "\n" + text);
    security::wipe(text);
    return key;
}

void wipeAll(security::SecretValues& values) {
    for (auto& [name, list] : values) {
        for (std::string& value : list) security::wipe(value);
    }
}

}  // namespace

Credentials::Credentials(storage::SecretMap secrets, const storage::Account& account,
                         const hubsdk::Manifest& manifest, std::int64_t now_ms)
    : manifest_(manifest),
      values_(storage::valuesOf(secrets, now_ms)),
      kept_alive_(storage::valuesOf(secrets, now_ms + kTokenMarginMs)),
      budget_key_(budgetKeyOf(values_, manifest, account)) {
    for (auto& named : secrets) {
        for (storage::SecretValue& value : named.second) security::wipe(value.text);
    }
}

Credentials::~Credentials() {
    wipeAll(values_);
    wipeAll(kept_alive_);
}

bool Credentials::needsToken(const hubsdk::Call& call) const {
    return std::ranges::any_of(secretsOf(call), [&](const std::string& name) {
        return isCaptured(manifest_, name) && !kept_alive_.contains(name);
    });
}

std::vector<std::string> secretsOf(const hubsdk::Call& call) {
    std::vector<std::string> names = hubsdk::secretsIn(call.body);
    const auto add = [&](const hubsdk::Pieces& pieces) {
        for (std::string& name : hubsdk::secretsIn(pieces)) names.push_back(std::move(name));
    };
    for (const hubsdk::PieceHeader& header : call.headers) add(header.value);
    for (const hubsdk::Part& part : call.parts) add(part.value);
    return names;
}

bool canRenewTokens(const hubsdk::Manifest& manifest, std::string_view command) {
    return !isAboutCredential(command) && offers(manifest, "auth.token");
}

}  // namespace hub::flows
