// `hubctl plugin verify` and `interpret`: one delivery against one plugin.
#include <iostream>

#include <hubsdk/model/observation.hpp>

#include "hub/cli/input_files.hpp"
#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"
#include "hub/security/proof.hpp"

namespace hub::cli {
namespace {

// What both commands need: the plugin, the delivery, and settings that fit the plugin.
struct Session {
    TemporaryFolder folder;
    std::shared_ptr<const plugins::Plugin> plugin;
    DeliveryFile file;
    Settings settings;

    hubsdk::Result<void> open(const std::string& plugin_file, const std::string& delivery_file,
                              const std::optional<std::string>& settings_file) {
        auto loaded = loadPlugin(plugin_file, folder);
        if (!loaded) return std::move(loaded).error();
        plugin = std::move(loaded).value();
        auto delivery = readDelivery(delivery_file);
        if (!delivery) return std::move(delivery).error();
        file = std::move(delivery).value();
        auto read = readSettings(settings_file, plugin->manifest());
        if (!read) return std::move(read).error();
        settings = std::move(read).value();
        return {};
    }
};

// The reasons for a refusal beside those of security::reason, as words for scripts.
constexpr std::string_view kNoRoute = "no_route";
constexpr std::string_view kClaimFailed = "claim_failed";
constexpr std::string_view kNotAllowed = "not_allowed";

// The reason goes to standard output, which scripts read; what a person needs beside it does not.
int refuse(std::string_view reason, const std::string& details = {}) {
    std::cout << "refused: " << reason << '\n';
    return details.empty() ? static_cast<int>(kRefused) : complain(kRefused, details);
}

}  // namespace

int verifyDelivery(const VerifyArguments& arguments) {
    Session session;
    const auto opened = session.open(arguments.plugin, arguments.delivery, arguments.settings);
    if (!opened) return complain(kBadInput, opened.error().text());
    const auto secrets = readSecrets(arguments.secrets);
    if (!secrets) return complain(kBadInput, secrets.error().text());

    // The same steps as in the hub, in the same order: what is authentic here is authentic there.
    const hubsdk::Delivery& delivery = session.file.delivery;
    if (session.plugin->routeOf(delivery) == nullptr) {
        return refuse(kNoRoute, "the manifest has no inbound route for " + delivery.method + " '" +
                                    delivery.path + "'");
    }
    const auto claim = session.plugin->claim(delivery, session.settings.json);
    if (!claim) return refuse(kClaimFailed, claim.error().text());
    const auto allowed = security::checkClaim(*claim, session.plugin->manifest());
    if (!allowed) return refuse(kNotAllowed, allowed.error().text());
    const auto verdict =
        security::verifyClaim(*claim, delivery, *secrets, epochMs(arguments.now_s));
    if (!verdict.authentic()) return refuse(verdict.reason());
    std::cout << "authentic\n";
    if (verdict.isHint()) {
        std::cerr
            << "hubctl: note: the proof does not cover the whole body; the hub takes this event "
               "as a hint and reads the state from the vendor\n";
    }
    if (claim->refuse) {
        std::cerr << "hubctl: note: the plugin refuses it with " << claim->refuse->status << " ("
                  << claim->refuse->reason << ")\n";
    }
    return kOk;
}

int interpretDelivery(const InterpretArguments& arguments) {
    Session session;
    const auto opened = session.open(arguments.plugin, arguments.delivery, arguments.settings);
    if (!opened) return complain(kBadInput, opened.error().text());

    // As in the hub: interpret does not see the headers that the claim took its proofs from.
    const auto claim = session.plugin->claim(session.file.delivery, session.settings.json);
    const hubsdk::Delivery shown =
        claim ? security::withoutProofs(session.file.delivery, *claim) : session.file.delivery;
    const auto told = session.plugin->interpret(shown, session.settings.json);
    if (!told) return complain(kRefused, told.error().text());
    std::string text;
    hubsdk::JsonWriter writer(text);
    writer.beginArray();
    for (const hubsdk::Observation& observation : told->observations) {
        hubsdk::writeShape(writer, observation);
    }
    writer.endArray();
    std::cout << text << '\n';
    // Apart: standard output is the array of observations alone (architecture section 13).
    for (const hubsdk::Follow& follow : told->follow) {
        std::string wish;
        hubsdk::JsonWriter follow_writer(wish);
        hubsdk::writeShape(follow_writer, follow);
        std::cerr << "hubctl: note: the hub would run for it " << wish << '\n';
    }
    return kOk;
}

}  // namespace hub::cli
