#include <iostream>

#include "hub/cli/input_files.hpp"
#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"
#include "sdk/plugin-api/testing/scripted_transport.hpp"

namespace hub::cli {
namespace {

using hubsdk::ActionKind;
using hubsdk::testing::ScriptedReply;

hubsdk::Result<std::vector<ScriptedReply>> readScriptFile(const std::string& path) {
    auto text = readFile(path);
    if (!text) return std::move(text).error();
    auto script = hubsdk::testing::readScript(*text);
    if (script) return script;
    return inFile(path, script.error());
}

// Printed as soon as it is known, so that a flow that breaks off shows how far it came.
hubsdk::testing::Advance printing(const plugins::Plugin& plugin) {
    return [&plugin](const hubsdk::AdvanceInput& input) {
        auto action = plugin.advance(input);
        if (action) std::cout << hubsdk::writeShape(*action) << std::endl;
        return action;
    };
}

void warn(const hubsdk::testing::Played& played, const Settings& settings) {
    for (const std::string& name : settings.missing) {
        std::cerr << "hubctl: warning: the setting " << name << " is required and not set\n";
    }
    for (const std::string& call : played.unscripted) {
        std::cerr << "hubctl: warning: no scripted reply for " << call << "; answered with 404\n";
    }
    for (const hubsdk::Action& action : played.actions) {
        if (action.action != ActionKind::kAsk) continue;
        std::cerr << "hubctl: warning: the flow asks the hub for " << action.ask->what
                  << "; answered with null\n";
    }
}

}  // namespace

int runFlow(const RunArguments& arguments) {
    const TemporaryFolder folder;
    const auto plugin = loadPlugin(arguments.plugin, folder);
    if (!plugin) return complain(kBadInput, plugin.error().text());
    auto command = readCommand(arguments.command);
    if (!command) return complain(kBadInput, command.error().text());
    auto script = readScriptFile(arguments.script);
    if (!script) return complain(kBadInput, script.error().text());
    auto settings = readSettings(arguments.settings, (*plugin)->manifest(),
                                 command->account.settings.json, arguments.command);
    if (!settings) return complain(kBadInput, settings.error().text());
    command->account.settings.json = settings->json;

    hubsdk::testing::PlayOptions options;
    options.started_at_ms = epochMs(arguments.now_s);
    if (arguments.now_s) command->started_at_ms = options.started_at_ms;
    hubsdk::testing::ScriptedTransport transport(printing(**plugin), std::move(script).value(),
                                                 std::move(options));
    const auto played = transport.play(std::move(command).value());
    if (!played) return complain(kRefused, played.error().text());
    warn(*played, *settings);
    return played->last().action == ActionKind::kFailed ? kRefused : kOk;
}

}  // namespace hub::cli
