#include "hub/plugins/secrets.hpp"

#include <algorithm>
#include <array>

namespace hub::plugins {
namespace {

using hubsdk::SecretRule;

constexpr std::array<std::string_view, 1> kProof{"proof"};
constexpr std::array<std::string_view, 3> kCalls{"header", "body", "sign"};

bool goesInto(const SecretRule& rule, std::span<const std::string_view> places) {
    return std::ranges::any_of(rule.places, [&](const std::string& place) {
        return std::ranges::find(places, place) != places.end();
    });
}

bool has(std::span<const std::string> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// "a or b" if an account with none of them lacks what goes into these places; else "".
std::string missingOneOf(const hubsdk::Manifest& manifest, std::span<const std::string> names,
                         std::span<const std::string_view> places) {
    std::string choice;
    for (const SecretRule& rule : manifest.secrets) {
        if (!goesInto(rule, places)) continue;
        // A required one is told by its own name.
        if (rule.required || has(names, rule.name)) return {};
        choice.append(choice.empty() ? "" : " or ").append(rule.name);
    }
    return choice;
}

}  // namespace

std::vector<std::string> missingSecrets(const hubsdk::Manifest& manifest,
                                        std::span<const std::string> names, ProofBy proof_by) {
    std::vector<std::string> missing;
    const bool shared = proof_by == ProofBy::kConnection;
    for (const SecretRule& rule : manifest.secrets) {
        const bool theirs = shared && rule.places.size() == 1 && goesInto(rule, kProof);
        if (rule.required && !theirs && !has(names, rule.name)) missing.push_back(rule.name);
    }
    const auto addChoice = [&](std::span<const std::string_view> places) {
        std::string choice = missingOneOf(manifest, names, places);
        if (!choice.empty() && !has(missing, choice)) missing.push_back(std::move(choice));
    };
    if (!shared && !manifest.inbound.empty()) addChoice(kProof);
    addChoice(kCalls);
    return missing;
}

}  // namespace hub::plugins
