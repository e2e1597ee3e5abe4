#include "hub/plugins/plugin.hpp"

#include <algorithm>

namespace hub::plugins {
namespace {

using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Result;

hub_view viewOf(std::string_view text) { return {text.data(), text.size()}; }
std::string_view textOf(hub_view view) {
    return view.data == nullptr ? std::string_view()
                                : std::string_view(view.data, static_cast<std::size_t>(view.size));
}

// A plugin's words, fit for a log line or a message.
std::string cleaned(std::string_view text, std::size_t size_max) {
    std::string line(text.substr(0, size_max));
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
    return line;
}

// Where one call writes its answer. Nothing thrown may cross the border, in neither direction.
struct Output {
    std::string text;
    bool oversize = false;

    static hub_status write(void* context, hub_view chunk) noexcept {
        auto& output = *static_cast<Output*>(context);
        if (output.oversize || chunk.size > HUB_OUTPUT_BYTES_MAX - output.text.size()) {
            output.oversize = true;
            return HUB_OVERSIZE;
        }
        try {
            output.text.append(textOf(chunk));
        } catch (...) {
            output.oversize = true;
            return HUB_OVERSIZE;
        }
        return HUB_OK;
    }
};

// What the host offers during one call.
struct CallHost {
    const PluginHost& host;
    std::string_view vendor;

    static void log(void* context, int32_t level, hub_view message) noexcept {
        const auto& self = *static_cast<const CallHost*>(context);
        if (!self.host.log) return;
        try {
            self.host.log(std::clamp(level, 0, 3), self.vendor,
                          cleaned(textOf(message), kLogLineBytesMax));
        } catch (...) {
            // A log that fails must not fail the call, and must not throw into the plugin.
            return;
        }
    }
    static const void* query(void*, hub_view) noexcept { return nullptr; }
};

struct StatusRow {
    hub_status status;
    ErrorCode code;
    std::string_view text;
};
constexpr std::array<StatusRow, 4> kStatuses{{
    {HUB_INVALID, ErrorCode::kInvalid, "the plugin refuses the input"},
    {HUB_UNSUPPORTED, ErrorCode::kUnsupported, "the plugin does not offer this"},
    {HUB_OVERSIZE, ErrorCode::kTooLarge, "the plugin's answer is too large"},
    {HUB_FAILED, ErrorCode::kInternal, "the plugin failed"},
}};

Error errorOf(hub_status status, std::string_view document, std::string_view name,
              bool keeps_words) {
    Error error = makeError(ErrorCode::kInternal,
                            "the plugin gave the unknown status " + std::to_string(status));
    for (const StatusRow& row : kStatuses) {
        if (row.status == status) error = makeError(row.code, std::string(row.text));
    }
    error.message += " (" + std::string(name) + ")";
    const auto read = hubsdk::JsonDocument::parse(document);
    if (!read) return error;
    const std::string_view words = read->root()["message"].text();
    if (keeps_words && !words.empty())
        error.message += ": " + cleaned(words, kPluginMessageBytesMax);
    error.path = cleaned(read->root()["path"].text(), kPluginMessageBytesMax);
    return error;
}

// One call under the eyes of the watch, if there is one; counted with its status at its end.
class Watched {
public:
    Watched(CallWatch* watch, const std::string& vendor, const hub_status& status)
        : watch_(watch), vendor_(vendor), status_(status) {
        if (watch_ != nullptr) guard_.emplace(*watch_, vendor_);
    }
    ~Watched() {
        if (watch_ != nullptr) watch_->ended.add(vendor_, word());
    }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

private:
    [[nodiscard]] std::string_view word() const {
        constexpr std::array<std::pair<hub_status, std::string_view>, 4> kWords{
            {{HUB_OK, "ok"},
             {HUB_INVALID, "invalid"},
             {HUB_UNSUPPORTED, "unsupported"},
             {HUB_OVERSIZE, "oversize"}}};
        for (const auto& [status, word] : kWords)
            if (status == status_) return word;
        return "failed";
    }

    CallWatch* watch_;
    const std::string& vendor_;
    const hub_status& status_;
    std::optional<CallWatch::Guard> guard_;
};

// An action holds observations of up to ten thousand subjects.
constexpr hubsdk::JsonLimits kAnswerLimits{HUB_OUTPUT_BYTES_MAX, 96};

/// The length limit in the field table of Interpretation.
constexpr std::size_t kObservationsMax = 10'000;

// What the reader says names fields of ours and never repeats a value.
hubsdk::Observation unreadable(const Error& why) {
    hubsdk::Observation observation;
    observation.error.emplace();
    observation.error->error_class = hubsdk::ErrorClass::kSchema;
    observation.error->message = why.message;
    observation.error->label = why.path;
    return observation;
}

// Of an answer that is none as a whole, each observation by itself: of two persons in one delivery,
// one bad, the other counts. Nothing if not even one can be read.
std::optional<hubsdk::Interpretation> readEach(std::string_view text) {
    const auto document = hubsdk::JsonDocument::parse(text, kAnswerLimits);
    if (!document) return std::nullopt;
    const hubsdk::Json list = document->root()["observations"];
    if (list.size() > kObservationsMax) return std::nullopt;
    hubsdk::Interpretation all;
    bool any = false;
    for (const auto& item : list.items()) {
        auto one = hubsdk::readShape<hubsdk::Observation>(hubsdk::Json(&item));
        any = any || one.ok();
        all.observations.push_back(one ? std::move(one).value() : unreadable(one.error()));
    }
    if (!any) return std::nullopt;
    return all;
}

}  // namespace

Result<std::shared_ptr<const Plugin>> Plugin::load(const std::filesystem::path& path,
                                                   const std::filesystem::path& cache_dir,
                                                   PluginHost host) {
    auto library = PluginLibrary::load(path, cache_dir);
    if (!library) return std::move(library).error();
    return std::make_shared<const Plugin>(std::move(library).value(), std::move(host));
}

Plugin::Plugin(std::shared_ptr<const PluginLibrary> library, PluginHost host)
    : library_(std::move(library)), host_(std::move(host)) {}

const hubsdk::InboundRoute* Plugin::routeOf(const hubsdk::Delivery& delivery) const {
    const auto& routes = manifest().inbound;
    const auto fits = [&](const hubsdk::InboundRoute& route) {
        const bool method = route.method == "ANY" || route.method == delivery.method;
        std::string_view tail = delivery.path;
        if (tail.starts_with('/')) tail.remove_prefix(1);
        std::string_view wanted = route.tail;
        if (wanted.starts_with('/')) wanted.remove_prefix(1);
        return method && tail == wanted;
    };
    const auto route = std::ranges::find_if(routes, fits);
    return route == routes.end() ? nullptr : &*route;
}

Result<std::string> Plugin::exchange(Function function, std::string_view name,
                                     std::string_view document,
                                     const std::vector<std::string_view>& blobs) const {
    if (function == nullptr) return errorOf(HUB_UNSUPPORTED, {}, name, host_.keeps_words);
    if (blobs.size() > HUB_BLOBS_MAX) {
        return makeError(ErrorCode::kTooLarge,
                         "the call has more than " + std::to_string(HUB_BLOBS_MAX) + " bodies");
    }
    std::vector<hub_view> views;
    views.reserve(blobs.size());
    for (const std::string_view blob : blobs) views.push_back(viewOf(blob));
    CallHost call_host{host_, manifest().vendor};
    const hub_host host{sizeof(hub_host), 0, &call_host, &CallHost::log, &CallHost::query};
    const hub_call call{sizeof(hub_call), static_cast<std::uint32_t>(views.size()),
                        viewOf(document), views.empty() ? nullptr : views.data(), &host};
    Output output;
    const hub_sink sink{sizeof(hub_sink), 0, &output, &Output::write};
    hub_status status = HUB_FAILED;
    const Watched watched(host_.watch.get(), manifest().vendor, status);
    try {
        status = function(&call, &sink);
    } catch (...) {
        status = HUB_FAILED;
        // Not looked at: its type may live in the plugin (style-anchors section 4, rule 7).
        return makeError(ErrorCode::kInternal, "the plugin threw (" + std::string(name) + ")");
    }
    // A plugin that goes on after the sink refused a chunk has written only a part.
    if (output.oversize) status = HUB_OVERSIZE;
    if (status != HUB_OK)
        return errorOf(status, output.oversize ? "" : output.text, name, host_.keeps_words);
    return std::move(output.text);
}

template <class Answer, class Input>
Result<Answer> Plugin::call(Function function, std::string_view name, const Input& input) const {
    std::vector<std::string_view> blobs;
    const std::string document = hubsdk::writeShape(input, &blobs);
    auto text = exchange(function, name, document, blobs);
    if (!text) return std::move(text).error();
    auto answer = hubsdk::readShape<Answer>(*text, {}, kAnswerLimits);
    if (answer) return answer;
    if constexpr (std::is_same_v<Answer, hubsdk::Interpretation>) {
        if (auto readable = readEach(*text)) return std::move(*readable);
    }
    Error error = answer.error();
    error.message = "the plugin's answer to " + std::string(name) + " " + error.message;
    return error;
}

namespace {

hubsdk::ClaimInput claimInput(const hubsdk::Delivery& delivery, std::string_view settings_json) {
    hubsdk::ClaimInput input;
    input.delivery = delivery;
    input.settings.json = settings_json.empty() ? "{}" : std::string(settings_json);
    return input;
}

}  // namespace

Result<hubsdk::Claim> Plugin::claim(const hubsdk::Delivery& delivery,
                                    std::string_view settings_json) const {
    const hubsdk::InboundRoute* route = routeOf(delivery);
    if (route != nullptr && route->claim) return *route->claim;
    return call<hubsdk::Claim>(library_->table().claim, "claim",
                               claimInput(delivery, settings_json));
}

Result<hubsdk::Interpretation> Plugin::interpret(const hubsdk::Delivery& delivery,
                                                 std::string_view settings_json) const {
    return call<hubsdk::Interpretation>(library_->table().interpret, "interpret",
                                        claimInput(delivery, settings_json));
}

Result<hubsdk::Action> Plugin::advance(const hubsdk::AdvanceInput& input) const {
    return call<hubsdk::Action>(library_->table().advance, "advance", input);
}

}  // namespace hub::plugins
