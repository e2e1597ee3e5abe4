/// A plugin called through its C table, as a hub calls it, and the delivery files of hubctl: for
/// plugin tests.
#pragma once

#include <hubsdk/plugin.h>
#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

#include "sdk/plugin-api/testing/scripted_transport.hpp"

namespace hubsdk::testing {

/// A delivery that owns its body. `delivery.body` points into `body`, so it cannot be copied.
struct DeliveryFile {
    std::string body;
    Delivery delivery;

    DeliveryFile() = default;
    DeliveryFile(const DeliveryFile&) = delete;
    DeliveryFile& operator=(const DeliveryFile&) = delete;
};

/// Reads the format of `hubctl plugin interpret`: {"method", "path", "query", "headers": {},
/// "body" | "body_base64"}. Fails with kInvalid and the path of the member. Never null if ok.
[[nodiscard]] Result<std::unique_ptr<DeliveryFile>> readDelivery(std::string_view json);

/// The four functions of one plugin. Any thread. The table must outlive it.
class PluginUnderTest {
public:
    explicit PluginUnderTest(const hub_plugin_table* table) : table_(table) {}

    /// What describe() gives, read and checked.
    [[nodiscard]] Result<Manifest> manifest() const;
    /// Each fails with kUnsupported (the table lacks the function), kInvalid (the plugin refused
    /// its input) or kInternal (the plugin failed); the message is the plugin's.
    [[nodiscard]] Result<Claim> claim(const Delivery& delivery,
                                      std::string_view settings = "{}") const;
    [[nodiscard]] Result<Interpretation> interpretation(const Delivery& delivery,
                                                        std::string_view settings = "{}") const;
    /// The observations of interpretation() alone.
    [[nodiscard]] Result<std::vector<Observation>> interpret(
        const Delivery& delivery, std::string_view settings = "{}") const;
    [[nodiscard]] Result<Action> advance(const AdvanceInput& input) const;
    /// The new settings document; kUnsupported without the capability hub.settings-migrate/1.
    [[nodiscard]] Result<std::string> migrateSettings(std::string_view from_version,
                                                      std::string_view settings) const;
    /// advance() as ScriptedTransport takes it.
    [[nodiscard]] Advance advancer() const;

private:
    using Function = hub_status (*)(const hub_call*, const hub_sink*);
    static Result<std::string> call(Function function, std::string_view document,
                                    std::span<const std::string_view> blobs);

    const hub_plugin_table* table_;
};

}  // namespace hubsdk::testing
