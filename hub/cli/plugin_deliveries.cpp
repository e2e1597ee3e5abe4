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

}  // namespace

int verifyDelivery(const VerifyArguments& arguments) {
    Session session;
    const auto opened = session.open(arguments.plugin, arguments.delivery, arguments.settings);
    if (!opened) return complain(kBadInput, opened.error().text());
    const auto secrets = readSecrets(arguments.secrets);
    if (!secrets) return complain(kBadInput, secrets.error().text());

    const auto claim = session.plugin->claim(session.file.delivery, session.settings.json);
    if (!claim) return complain(kRefused, claim.error().text());
    for (const hubsdk::Proof& proof : claim->proofs) {
        const auto allowed = security::checkPieces(proof.message, session.plugin->manifest(),
                                                   security::Place::kProof);
        if (!allowed) return complain(kRefused, "message" + allowed.error().text());
    }
    const auto verdict =
        security::verifyClaim(*claim, session.file.delivery, *secrets, epochMs(arguments.now_s));
    if (!verdict.authentic()) {
        std::cout << "refused: " << verdict.reason() << '\n';
        return kRefused;
    }
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
    return kOk;
}

}  // namespace hub::cli
