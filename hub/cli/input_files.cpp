#include "hub/cli/input_files.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>

#include "hub/plugins/settings.hpp"
#include "hub/security/digest.hpp"

namespace hub::cli {
namespace {

using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::Json;
using hubsdk::JsonDocument;
using hubsdk::JsonKind;
using hubsdk::makeError;
using hubsdk::Result;

constexpr hubsdk::JsonLimits kInputLimits{kInputBytesMax, 96};

Error in(const std::string& file, Error error) { return inFile(file, std::move(error)); }

Error wrong(const std::string& file, const std::string& member, std::string message) {
    return in(file, makeError(ErrorCode::kInvalid, std::move(message), member));
}

Result<JsonDocument> readObject(const std::string& path) {
    auto text = readFile(path);
    if (!text) return std::move(text).error();
    auto document = JsonDocument::parse(*text, kInputLimits);
    if (!document) return in(path, document.error());
    if (document->root().kind() != JsonKind::kObject) return wrong(path, "", "must be an object");
    return document;
}

Result<void> readHeaders(Json headers, const std::string& path, hubsdk::Delivery& delivery) {
    if (headers.empty()) return {};
    if (headers.kind() != JsonKind::kObject) return wrong(path, "headers", "must be an object");
    for (const auto& member : headers.members()) {
        const std::string name(member.name);
        const Json value(&member.value);
        if (const auto text = value.scalarText()) {
            delivery.headers.push_back({name, std::string(*text)});
            continue;
        }
        for (std::size_t i = 0; i < value.size(); ++i) {
            delivery.headers.push_back({name, std::string(value.at(i).text())});
        }
        if (value.kind() != JsonKind::kArray) {
            return wrong(path, "headers." + name, "must be a text or a list of texts");
        }
    }
    return {};
}

Result<std::string> readBody(Json root, const std::string& path) {
    const Json encoded = root["body_base64"];
    const Json body = root["body"];
    if (!encoded.empty() && !body.empty()) {
        return wrong(path, "body_base64", "stands beside body; give one of the two");
    }
    if (!encoded.empty()) {
        auto bytes = security::base64Decode(encoded.text());
        if (!encoded.asString() || !bytes) return wrong(path, "body_base64", "is not base64");
        return bytes;
    }
    if (!body.empty() && !body.asString()) {
        return wrong(path, "body",
                     "must be the text that arrived, byte for byte, not a JSON value");
    }
    return std::string(body.text());
}

// What stands behind /api/webhooks/{vendor}/{endpoint}, which is all that a plugin sees.
std::string tailOf(std::string_view path) {
    constexpr std::string_view kPrefix = "/api/webhooks/";
    if (path.starts_with(kPrefix)) {
        path.remove_prefix(kPrefix.size());
        for (int segment = 0; segment < 2; ++segment) {
            const std::size_t slash = path.find('/', segment == 0 ? 0 : 1);
            path = slash == std::string_view::npos ? std::string_view() : path.substr(slash);
        }
    }
    return path == "/" ? std::string() : std::string(path);
}

void readTarget(Json root, hubsdk::Delivery& delivery) {
    std::string_view path = root["path"].text();
    const std::size_t mark = path.find('?');
    if (mark != std::string_view::npos) {
        delivery.query = path.substr(mark + 1);
        path = path.substr(0, mark);
    }
    delivery.path = tailOf(path);
    if (const auto query = root["query"].asString()) {
        delivery.query = query->substr(query->starts_with('?') ? 1 : 0);
    }
    delivery.method = root["method"].text("POST");
}

Result<void> checkTexts(Json root, const std::string& path) {
    for (const char* name : {"method", "path", "query"}) {
        if (!root[name].empty() && !root[name].asString())
            return wrong(path, name, "must be a text");
    }
    return {};
}

// Members of `above` win. Both are objects or empty.
std::string merged(Json below, Json above) {
    std::map<std::string, std::string> members;
    for (const Json side : {below, above}) {
        for (const auto& member : side.members()) {
            members[std::string(member.name)] = hubsdk::toText(Json(&member.value));
        }
    }
    std::string out;
    hubsdk::JsonWriter writer(out);
    writer.beginObject();
    for (const auto& [name, json] : members) {
        writer.key(name);
        writer.raw(json);
    }
    writer.endObject();
    return out;
}

}  // namespace

Error inFile(const std::string& file, Error error) {
    const std::string name = file == "-" ? "standard input" : file;
    error.path = error.path.empty() ? name : name + ": " + error.path;
    return error;
}

Result<std::string> readFile(const std::string& path) {
    std::ifstream file;
    if (path != "-") {
        std::error_code failed;
        if (!std::filesystem::is_regular_file(path, failed) &&
            !std::filesystem::is_fifo(path, failed)) {
            return in(path, makeError(ErrorCode::kNotFound, "is no file"));
        }
        file.open(path, std::ios::binary);
        if (!file) return in(path, makeError(ErrorCode::kNotFound, "cannot be read"));
    }
    std::istream& input = path == "-" ? std::cin : file;
    std::string text;
    std::array<char, 65536> chunk{};
    while (input.read(chunk.data(), chunk.size()) || input.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(input.gcount()));
        if (text.size() > kInputBytesMax) {
            return in(path, makeError(ErrorCode::kTooLarge, "is larger than 64 MiB"));
        }
    }
    return text;
}

Result<DeliveryFile> readDelivery(const std::string& path) {
    auto document = readObject(path);
    if (!document) return std::move(document).error();
    const Json root = document->root();
    DeliveryFile file;
    auto checked = checkTexts(root, path);
    if (checked) checked = readHeaders(root["headers"], path, file.delivery);
    if (!checked) return std::move(checked).error();
    auto body = readBody(root, path);
    if (!body) return std::move(body).error();
    readTarget(root, file.delivery);
    file.body = std::make_unique<std::string>(std::move(body).value());
    file.delivery.body.bytes = *file.body;
    return file;
}

Result<security::SecretValues> readSecrets(const std::string& path) {
    auto document = readObject(path);
    if (!document) return std::move(document).error();
    security::SecretValues secrets;
    for (const auto& member : document->root().members()) {
        const std::string name(member.name);
        const Json value(&member.value);
        std::vector<std::string>& values = secrets[name];
        if (const auto text = value.asString()) values.emplace_back(*text);
        for (std::size_t i = 0; i < value.size() && value.kind() == JsonKind::kArray; ++i) {
            if (const auto text = value.at(i).asString()) values.emplace_back(*text);
        }
        const std::size_t wanted = value.kind() == JsonKind::kArray ? value.size() : 1;
        if (values.size() != wanted) return wrong(path, name, "must be a text or a list of texts");
    }
    return secrets;
}

Result<Settings> readSettings(const std::optional<std::string>& path,
                              const hubsdk::Manifest& manifest, const std::string& own_json,
                              const std::string& own_file) {
    auto below = path ? readObject(*path) : JsonDocument::parse("{}");
    if (!below) return std::move(below).error();
    auto own = JsonDocument::parse(own_json.empty() ? "{}" : own_json);
    if (!own) return in(own_file, own.error());
    if (own->root().kind() != JsonKind::kObject) {
        return wrong(own_file, "account.settings", "must be an object");
    }
    // Each on its own first, so that a message names the file that is wrong.
    const auto allow = plugins::MissingSettings::kAllow;
    auto checked = plugins::validateSettings(manifest, hubsdk::toText(below->root()), allow);
    if (!checked) return in(path.value_or("settings"), checked.error());
    checked = plugins::validateSettings(manifest, hubsdk::toText(own->root()), allow);
    if (!checked) return in(own_file + ": account.settings", checked.error());

    const std::string all = merged(below->root(), own->root());
    auto filled = plugins::validateSettings(manifest, all, allow);
    if (!filled) return std::move(filled).error();
    Settings settings;
    settings.json = std::move(filled).value();
    const auto document = JsonDocument::parse(settings.json);
    for (const hubsdk::SettingRule& rule : manifest.settings) {
        const bool absent = document && document->root()[rule.name].empty();
        if (rule.required && absent) settings.missing.push_back(rule.name);
    }
    return settings;
}

Result<hubsdk::Command> readCommand(const std::string& path) {
    auto document = readObject(path);
    if (!document) return std::move(document).error();
    auto command = hubsdk::readShape<hubsdk::Command>(document->root());
    if (!command) return in(path, command.error());
    const hubsdk::CommandRow* row = hubsdk::findCommand(command->command);
    if (row == nullptr) return wrong(path, "command", "is no command of this SDK");
    if (row->needs_order && !command->order) {
        return wrong(path, "order", "is required for " + command->command);
    }
    if (row->needs_vendor_order && !command->vendor_order_id && command->links.empty()) {
        return wrong(path, "vendor_order_id", "or links is required for " + command->command);
    }
    return command;
}

}  // namespace hub::cli
