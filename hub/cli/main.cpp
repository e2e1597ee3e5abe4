// hubctl: the hub's command line tool.
#include <exception>
#include <functional>

#include <CLI/CLI.hpp>

#include "hub/cli/audit_verify.hpp"
#include "hub/cli/key_commands.hpp"
#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"

namespace {

using namespace hub::cli;

using Work = std::function<int()>;

constexpr const char* kInspectHelp =
    "Show what a plugin file says about itself, without running any of it.\n"
    "Exit: 0 shown, 1 the file is refused (the message names the rule), 2 wrong usage.\n"
    "Example: hubctl plugin inspect build/dev/plugins/checkr.so";

constexpr const char* kVerifyHelp =
    "Check the proof that a delivery offers. Prints 'authentic' or 'refused: <reason>'.\n"
    "Reasons: no_proof, no_secret, bad_signature, missing_header, stale, bad_encoding,\n"
    "unknown_algorithm; no_route, claim_failed and not_allowed with details on standard error.\n"
    "Exit: 0 authentic, 1 refused, 2 wrong usage or input.\n"
    "Example: hubctl plugin verify checkr.so --secrets secrets.json --now 1767225600 "
    "delivery.json\n"
    "  secrets.json   {\"api_key\": [\"new\", \"old\"]}\n"
    "  delivery.json  {\"method\": \"POST\", \"path\": \"\", \"query\": \"\",\n"
    "                  \"headers\": {\"X-Checkr-Signature\": \"b741...\"}, \"body\": \"{...}\"}\n"
    "                 or \"body_base64\" instead of \"body\"; a header may be a list";

constexpr const char* kInterpretHelp =
    "Print what a delivery says, as a JSON array of observations. Proofs are not checked.\n"
    "Exit: 0 printed, 1 the plugin refuses it, 2 wrong usage or input.\n"
    "Example: hubctl plugin interpret checkr.so --settings settings.json delivery.json\n"
    "  delivery.json  as for verify";

constexpr const char* kRunHelp =
    "Play a flow against scripted replies and print its actions, one JSON object per line.\n"
    "Waits are skipped; 'again' is printed and ends it; a call without a scripted reply is\n"
    "answered with 404 and named on standard error.\n"
    "Exit: 0 done or again, 1 failed, 2 wrong usage or input.\n"
    "Example: hubctl plugin run checkr.so --command command.json --script script.json\n"
    "  command.json  {\"command\": \"order.refresh\", \"vendor_order_id\": \"1\"}\n"
    "                and as the command needs: \"links\": [{\"type\", \"id\"}], \"order\": {},\n"
    "                \"account\": {\"settings\": {}}, \"cursor\": \"...\", \"parameters\": {};\n"
    "                --settings lies below account.settings, member by member\n"
    "  script.json   [{\"request\": {\"method\": \"GET\", \"path\": \"/v1/reports/1\"},\n"
    "                  \"reply\": {\"status\": 200, \"headers\": {}, \"body\": {\"id\": \"1\"}}}]\n"
    "                a query counts only if it is given; calls of one path take its replies in\n"
    "                file order and keep the last; body_base64 for bytes; \"lost\": true for a\n"
    "                call whose answer never arrives";

constexpr const char* kAuditHelp =
    "Ask a running hub whether its audit trail still holds: every entry in its place, unchanged,\n"
    "linked to the one before, and none missing at the end. Prints one line a tenant; a broken\n"
    "chain is named with its first wrong entry and what to do.\n"
    "Exit: 0 it holds, 1 it is broken, 2 wrong usage, or the hub could not be asked.\n"
    "Example: hubctl audit verify --url http://127.0.0.1:8080 --key-file var/admin.key";

constexpr const char* kRotateHelp =
    "Give a running hub another master key and seal every stored value with it, while it works.\n"
    "Cut off, it can be resumed; older keys stay in the key file until 'key retire'.\n"
    "Exit: 0 done, 1 the hub refuses (the message says why), 2 wrong usage or no hub.\n"
    "Example: hubctl key rotate --key-file var/admin.key";

constexpr const char* kRetireHelp =
    "Make a running hub forget the master keys that no stored value needs. Refused while one is\n"
    "needed, and for 10 minutes after a rotation. Old backups need the old key file: keep it.\n"
    "Exit: 0 done, 1 the hub refuses (the message says why), 2 wrong usage or no hub.\n"
    "Example: hubctl key retire --key-file var/admin.key";

constexpr const char* kSettingsHelp =
    "Settings of the account, a JSON object; checked against the manifest, defaults filled in";
constexpr const char* kNowHelp = "The time, in seconds since 1970 (default: the system clock)";
constexpr const char* kFileHelp = "The plugin, for example build/dev/plugins/checkr.so";

void addInspect(CLI::App& plugin, InspectArguments& arguments, Work& work) {
    CLI::App* command = plugin.add_subcommand("inspect", kInspectHelp);
    command->add_option("FILE.so", arguments.plugin, kFileHelp)->required();
    command->add_flag("--json", arguments.as_json, "Print one JSON object, manifest included");
    command->callback([&] { work = [&] { return inspectPlugin(arguments); }; });
}

void addVerify(CLI::App& plugin, VerifyArguments& arguments, Work& work) {
    CLI::App* command = plugin.add_subcommand("verify", kVerifyHelp);
    command->add_option("FILE.so", arguments.plugin, kFileHelp)->required();
    command
        ->add_option("--secrets", arguments.secrets,
                     "Secrets, a JSON object: name to a text, or to a list of which any fits")
        ->required();
    command->add_option("--settings", arguments.settings, kSettingsHelp);
    command->add_option("--now", arguments.now_s, kNowHelp)
        ->check(CLI::Range(0LL, 99'999'999'999LL));
    command->add_option("DELIVERY.json", arguments.delivery, "What arrived; - is standard input")
        ->required();
    command->callback([&] { work = [&] { return verifyDelivery(arguments); }; });
}

void addInterpret(CLI::App& plugin, InterpretArguments& arguments, Work& work) {
    CLI::App* command = plugin.add_subcommand("interpret", kInterpretHelp);
    command->add_option("FILE.so", arguments.plugin, kFileHelp)->required();
    command->add_option("--settings", arguments.settings, kSettingsHelp);
    command->add_option("DELIVERY.json", arguments.delivery, "What arrived; - is standard input")
        ->required();
    command->callback([&] { work = [&] { return interpretDelivery(arguments); }; });
}

void addRun(CLI::App& plugin, RunArguments& arguments, Work& work) {
    CLI::App* command = plugin.add_subcommand("run", kRunHelp);
    command->add_option("FILE.so", arguments.plugin, kFileHelp)->required();
    command->add_option("--command", arguments.command, "What is wanted, a JSON object")
        ->required();
    command->add_option("--script", arguments.script, "The vendor's replies, a JSON array")
        ->required();
    command->add_option("--settings", arguments.settings, kSettingsHelp);
    command->add_option("--now", arguments.now_s, kNowHelp)
        ->check(CLI::Range(0LL, 99'999'999'999LL));
    command->callback([&] { work = [&] { return runFlow(arguments); }; });
}

void addHubOptions(CLI::App& command, HubArguments& hub, const std::string& permission) {
    command.add_option("--url", hub.url, "The hub; http only on this machine")
        ->default_val("http://127.0.0.1:8080");
    command
        .add_option("--key-file", hub.key_file,
                    "File with an API key that has " + permission + ", mode 0600")
        ->required();
    command.add_option("--ca-file", hub.ca_file, "PEM file of authorities for https");
}

void addAuditVerify(CLI::App& audit, HubArguments& hub, Work& work) {
    CLI::App* command = audit.add_subcommand("verify", kAuditHelp);
    addHubOptions(*command, hub, "audit.read");
    command->callback([&] { work = [&] { return verifyAudit(hub); }; });
}

void addKeyCommands(CLI::App& key, HubArguments& hub, bool& resume, Work& work) {
    CLI::App* rotate = key.add_subcommand("rotate", kRotateHelp);
    addHubOptions(*rotate, hub, "plugin.manage");
    rotate->add_flag("--resume", resume, "Go on with a rotation that was cut off");
    rotate->callback([&] { work = [&] { return rotateKey(hub, resume); }; });
    CLI::App* retire = key.add_subcommand("retire", kRetireHelp);
    addHubOptions(*retire, hub, "plugin.manage");
    retire->callback([&] { work = [&] { return retireKeys(hub); }; });
}

int runTool(int argc, char** argv) {
    CLI::App app("Command line tool of Screenhub.", "hubctl");
    app.require_subcommand(1);
    CLI::App* plugin =
        app.add_subcommand("plugin",
                           "Work on a plugin file without a server.\n"
                           "Example: hubctl plugin inspect build/dev/plugins/checkr.so");
    plugin->require_subcommand(1);
    CLI::App* audit = app.add_subcommand("audit", "The audit trail of a running hub.");
    audit->require_subcommand(1);
    InspectArguments inspect;
    CLI::App* key = app.add_subcommand("key", "The master key of a running hub.");
    key->require_subcommand(1);
    HubArguments hub;
    bool resume = false;
    VerifyArguments verify;
    InterpretArguments interpret;
    RunArguments run;
    Work work;
    addInspect(*plugin, inspect, work);
    addVerify(*plugin, verify, work);
    addInterpret(*plugin, interpret, work);
    addRun(*plugin, run, work);
    addAuditVerify(*audit, hub, work);
    addKeyCommands(*key, hub, resume, work);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help is no error; everything else is wrong usage, whatever number the library gives it.
        return app.exit(error) == 0 ? kOk : kBadInput;
    }
    return work();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return runTool(argc, argv);
    } catch (const std::exception& problem) {
        return complain(kBadInput, problem.what());
    }
}
