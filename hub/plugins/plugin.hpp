/// A plugin as the rest of the hub sees it: four functions on canonical types.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <hubsdk/model/delivery.hpp>
#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>
#include <hubsdk/model/observation.hpp>

#include "hub/plugins/call_watch.hpp"
#include "hub/plugins/plugin_library.hpp"

namespace hub::plugins {

/// Longest line a plugin may log; the rest is cut.
inline constexpr std::size_t kLogLineBytesMax = 1024;
/// Longest message taken from a plugin's error document.
inline constexpr std::size_t kPluginMessageBytesMax = 500;

/// What the hub offers to plugins. Called on the thread of the plugin's call.
struct PluginHost {
    /// One line, cut to kLogLineBytesMax, control characters replaced. level: 0 debug … 3 error.
    std::function<void(int level, std::string_view vendor, std::string_view line)> log;
    std::shared_ptr<CallWatch> watch;  ///< sees every call; may be null
    /// Whether errors carry the plugin's own message, which may name a person: for tools at a
    /// developer's hand, never where errors are stored or logged (TM-LOG).
    bool keeps_words = true;
};

/// One version of one plugin, ready to be called. Immutable; any thread, also at the same time. The
/// code stays mapped as long as a shared_ptr to it lives, so hold one during a call.
class Plugin {
public:
    /// Loads a file (see PluginLibrary::load). Libraries that the manifest `needs` must have been
    /// initialised by the process before (hubsdk::xml::XmlLibraries).
    [[nodiscard]] static hubsdk::Result<std::shared_ptr<const Plugin>> load(
        const std::filesystem::path& path, const std::filesystem::path& cache_dir,
        PluginHost host = {});

    explicit Plugin(std::shared_ptr<const PluginLibrary> library, PluginHost host = {});

    [[nodiscard]] const hubsdk::Manifest& manifest() const { return library_->file().manifest; }
    [[nodiscard]] const std::string& sha256() const { return library_->file().sha256; }
    [[nodiscard]] const PluginLibrary& library() const { return *library_; }

    /// The proof that a delivery offers: the claim of the manifest's route if it has one, else what
    /// the plugin says. Empty settings mean {}.
    ///
    /// This and the next two fail with kInvalid (the plugin refuses the input, or its answer is no
    /// such document), kUnsupported, kTooLarge (answer over HUB_OUTPUT_BYTES_MAX, more than
    /// HUB_BLOBS_MAX bodies) or kInternal (the plugin failed or threw).
    [[nodiscard]] hubsdk::Result<hubsdk::Claim> claim(const hubsdk::Delivery& delivery,
                                                      std::string_view settings_json) const;
    /// What a proven delivery says. An observation that cannot be read, among others that can,
    /// becomes one with an error of class schema whose `label` is the field.
    [[nodiscard]] hubsdk::Result<hubsdk::Interpretation> interpret(
        const hubsdk::Delivery& delivery, std::string_view settings_json) const;
    /// The next action of a flow. `input.inputs.account.settings` should have passed
    /// validateSettings.
    [[nodiscard]] hubsdk::Result<hubsdk::Action> advance(const hubsdk::AdvanceInput& input) const;

    /// The route that a delivery came in by; null if the manifest has none for it.
    [[nodiscard]] const hubsdk::InboundRoute* routeOf(const hubsdk::Delivery& delivery) const;

private:
    using Function = hub_status (*)(const hub_call*, const hub_sink*);

    template <class Answer, class Input>
    hubsdk::Result<Answer> call(Function function, std::string_view name, const Input& input) const;
    hubsdk::Result<std::string> exchange(Function function, std::string_view name,
                                         std::string_view document,
                                         const std::vector<std::string_view>& blobs) const;

    std::shared_ptr<const PluginLibrary> library_;
    PluginHost host_;
};

}  // namespace hub::plugins
