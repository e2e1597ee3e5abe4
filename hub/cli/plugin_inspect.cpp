#include <iostream>

#include "hub/cli/input_files.hpp"
#include "hub/cli/loaded_plugin.hpp"
#include "hub/cli/plugin_commands.hpp"

namespace hub::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text.empty() ? "-" : text;
}

void line(std::string_view name, const std::string& value) {
    constexpr std::size_t kColumn = 16;
    std::cout << name << std::string(kColumn - std::min(kColumn, name.size()), ' ') << value
              << '\n';
}

void printSettings(const hubsdk::Manifest& manifest) {
    for (const hubsdk::SettingRule& rule : manifest.settings) {
        std::string text = rule.name + " (" + rule.type;
        if (!rule.choices.empty()) text += ": " + joined(rule.choices);
        if (rule.required) text += ", required";
        if (!rule.fallback.json.empty()) text += ", default " + rule.fallback.json;
        line("setting", text + ") " + rule.text);
    }
}

std::string milliseconds(std::int64_t value) { return std::to_string(value) + " ms"; }

void printSecrets(const hubsdk::Manifest& manifest) {
    for (const hubsdk::SecretRule& rule : manifest.secrets) {
        std::string text = rule.name + " (" + joined(rule.places);
        if (rule.required) text += "; required";
        if (rule.idle_max_ms) text += "; idles out after " + milliseconds(*rule.idle_max_ms);
        line("secret", text + ") " + rule.text);
    }
}

void printInbound(const hubsdk::Manifest& manifest) {
    for (const hubsdk::InboundRoute& route : manifest.inbound) {
        const std::string tail = route.tail.empty() ? "(endpoint)" : route.tail;
        line("inbound", route.method + " " + tail + " " + route.kind +
                            (route.claim ? ", claim fixed in the manifest" : ""));
    }
}

void printLimits(const hubsdk::Manifest& manifest) {
    for (const hubsdk::RateBucket& bucket : manifest.rate) {
        const std::string paths = bucket.path_prefix ? " of " + *bucket.path_prefix + "…" : "";
        line("rate",
             std::to_string(bucket.max) + " calls" + paths + " per " + milliseconds(bucket.per_ms));
    }
    if (manifest.timeout_ms) line("timeout", milliseconds(*manifest.timeout_ms));
    if (manifest.key_lifetime_ms) line("key lifetime", milliseconds(*manifest.key_lifetime_ms));
    if (manifest.body_bytes_max)
        line("largest body", std::to_string(*manifest.body_bytes_max) + " bytes");
}

void printText(const plugins::PluginFile& file) {
    const hubsdk::Manifest& manifest = file.manifest;
    line("vendor", manifest.vendor + " (" + manifest.name + ")");
    line("version", manifest.version);
    line("kind", manifest.kind);
    if (!manifest.vendor_api.empty()) line("vendor api", manifest.vendor_api);
    if (!manifest.text.empty()) line("text", manifest.text);
    line("sha256", file.sha256);
    line("size", std::to_string(file.bytes.size()) + " bytes");
    line("manifest", std::to_string(file.manifest_json.size()) + " bytes");
    line("fixtures", std::to_string(file.fixtures.size()) + " bytes");
    line("exports", joined(file.exports));
    line("libraries", joined(file.needed));
    line("needs", joined(manifest.needs));
    printSettings(manifest);
    printSecrets(manifest);
    line("hosts", joined(manifest.hosts));
    line("download hosts", joined(manifest.download_hosts));
    line("commands", joined(manifest.commands));
    printInbound(manifest);
    for (const hubsdk::LinkRule& link : manifest.links)
        line("link", link.type + " (" + link.role + ")");
    for (const hubsdk::FeedRule& feed : manifest.feeds)
        line("feed", feed.name + " (every " + milliseconds(feed.interval_ms) + ")");
    printLimits(manifest);
}

void writeWords(hubsdk::JsonWriter& writer, std::string_view name,
                const std::vector<std::string>& words) {
    writer.key(name);
    writer.beginArray();
    for (const std::string& word : words) writer.string(word);
    writer.endArray();
}

void printJson(const plugins::PluginFile& file) {
    std::string text;
    hubsdk::JsonWriter writer(text);
    writer.beginObject();
    writer.member("sha256", file.sha256);
    writer.member("size_bytes", static_cast<std::int64_t>(file.bytes.size()));
    writer.member("fixtures_bytes", static_cast<std::int64_t>(file.fixtures.size()));
    writeWords(writer, "exports", file.exports);
    writeWords(writer, "libraries", file.needed);
    writer.key("manifest");
    const auto manifest = hubsdk::JsonDocument::parse(file.manifest_json);
    writer.value(manifest->root());
    writer.endObject();
    std::cout << text << '\n';
}

}  // namespace

int inspectPlugin(const InspectArguments& arguments) {
    const auto file = plugins::readPluginFile(arguments.plugin);
    if (!file) {
        const bool is_missing = file.error().code == hubsdk::ErrorCode::kNotFound;
        if (is_missing) return complain(kBadInput, inFile(arguments.plugin, file.error()).text());
        return complain(kRefused, "refused: " + file.error().text());
    }
    if (arguments.as_json) {
        printJson(*file);
    } else {
        printText(*file);
    }
    return kOk;
}

}  // namespace hub::cli
