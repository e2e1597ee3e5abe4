#include "sdk/plugin-api/testing/plugin_under_test.hpp"

#include <hubsdk/ext/settings_migrate.h>
#include <hubsdk/cpp/text.hpp>

namespace hubsdk::testing {
namespace {

Error invalidMember(std::string member, std::string message) {
    return makeError(ErrorCode::kInvalid, std::move(message), std::move(member));
}

hub_status append(void* context, hub_view chunk) {
    auto& text = *static_cast<std::string*>(context);
    if (text.size() + chunk.size > HUB_OUTPUT_BYTES_MAX) return HUB_OVERSIZE;
    text.append(chunk.data, chunk.size);
    return HUB_OK;
}

// The error document of a plugin, or what there is to say without one.
Error refusalOf(hub_status status, std::string_view document) {
    const ErrorCode code = status == HUB_INVALID ? ErrorCode::kInvalid : ErrorCode::kInternal;
    const auto refusal = JsonDocument::parse(document);
    if (!refusal) return makeError(code, "the plugin answered " + std::to_string(status));
    return makeError(code, std::string(refusal->root()["message"].text()),
                     std::string(refusal->root()["path"].text()));
}

}  // namespace

Result<std::unique_ptr<DeliveryFile>> readDelivery(std::string_view json) {
    const auto document = JsonDocument::parse(json);
    if (!document) return document.error();
    const Json root = document->root();
    auto file = std::make_unique<DeliveryFile>();
    file->delivery.method = root["method"].text("POST");
    file->delivery.path = root["path"].text();
    file->delivery.query = root["query"].text();
    for (const internal::JsonMember& member : root["headers"].members()) {
        const auto value = Json(&member.value).asString();
        if (!value) return invalidMember("headers." + std::string(member.name), "must be a text");
        file->delivery.headers.push_back({std::string(member.name), std::string(*value)});
    }
    if (const auto encoded = root["body_base64"].asString()) {
        auto bytes = base64Decoded(*encoded);
        if (!bytes) return invalidMember("body_base64", "is not base64");
        file->body = std::move(*bytes);
    } else {
        file->body = root["body"].text();
    }
    file->delivery.body.bytes = file->body;
    return file;
}

Result<std::string> PluginUnderTest::call(Function function, std::string_view document,
                                          std::span<const std::string_view> blobs) {
    if (function == nullptr) return makeError(ErrorCode::kUnsupported, "not in the plugin's table");
    std::vector<hub_view> views;
    views.reserve(blobs.size());
    for (const std::string_view blob : blobs) views.push_back({blob.data(), blob.size()});
    std::string answer;
    hub_sink sink{};
    sink.struct_size = sizeof sink;
    sink.context = &answer;
    sink.write = &append;
    hub_call input{};
    input.struct_size = sizeof input;
    input.blob_count = static_cast<std::uint32_t>(views.size());
    input.document = {document.data(), document.size()};
    input.blobs = views.empty() ? nullptr : views.data();
    const hub_status status = function(&input, &sink);
    if (status != HUB_OK) return refusalOf(status, answer);
    return answer;
}

Result<Manifest> PluginUnderTest::manifest() const {
    const hub_view bytes = table_->describe();
    return readManifest({bytes.data, static_cast<std::size_t>(bytes.size)});
}

Result<Claim> PluginUnderTest::claim(const Delivery& delivery, std::string_view settings) const {
    std::vector<std::string_view> blobs;
    const ClaimInput input{delivery, Raw{std::string(settings)}};
    const std::string document = writeShape(input, &blobs);
    const auto answer = call(table_->claim, document, blobs);
    if (!answer) return answer.error();
    return readShape<Claim>(std::string_view(*answer));
}

Result<Interpretation> PluginUnderTest::interpretation(const Delivery& delivery,
                                                       std::string_view settings) const {
    std::vector<std::string_view> blobs;
    const ClaimInput input{delivery, Raw{std::string(settings)}};
    const std::string document = writeShape(input, &blobs);
    const auto answer = call(table_->interpret, document, blobs);
    if (!answer) return answer.error();
    return readShape<Interpretation>(std::string_view(*answer));
}

Result<std::vector<Observation>> PluginUnderTest::interpret(const Delivery& delivery,
                                                            std::string_view settings) const {
    auto said = interpretation(delivery, settings);
    if (!said) return said.error();
    return std::move(said->observations);
}

Result<Action> PluginUnderTest::advance(const AdvanceInput& input) const {
    std::vector<std::string_view> blobs;
    const std::string document = writeShape(input, &blobs);
    const auto answer = call(table_->advance, document, blobs);
    if (!answer) return answer.error();
    return readShape<Action>(std::string_view(*answer));
}

Result<std::string> PluginUnderTest::migrateSettings(std::string_view from_version,
                                                     std::string_view settings) const {
    constexpr std::string_view kId = HUB_EXT_SETTINGS_MIGRATE;
    const auto* table =
        static_cast<const hub_settings_migrate*>(table_->query({kId.data(), kId.size()}));
    const SettingsMigration input{std::string(from_version), Raw{std::string(settings)}};
    return call(table == nullptr ? nullptr : table->migrate, writeShape(input), {});
}

Advance PluginUnderTest::advancer() const {
    return [plugin = *this](const AdvanceInput& input) { return plugin.advance(input); };
}

}  // namespace hubsdk::testing
