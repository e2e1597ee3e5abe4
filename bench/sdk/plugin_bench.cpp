// Calls across the binary interface: bare, guarded, through the hub to the Checkr plugin, and the
// replay of a journal.
#include <benchmark/benchmark.h>
#include <hubsdk/cpp/plugin.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

#include "hub/plugins/plugin.hpp"
#include "sdk/plugin-api/testing/scripted_transport.hpp"

namespace {

using namespace hubsdk;
using hub::plugins::Plugin;

const std::string& webhookBody() {
    static const std::string body = [] {
        std::ifstream file(HUB_SHARED_DIR
                           "/vendors/checkr/samples/webhook_report_completed_full.json");
        std::ostringstream text;
        text << file.rdbuf();
        return std::move(text).str();
    }();
    return body;
}

Delivery webhook() {
    Delivery delivery;
    delivery.method = "POST";
    delivery.headers = {{"Content-Type", "application/json"},
                        {"X-Checkr-Signature", std::string(64, 'a')}};
    delivery.body = Body{webhookBody()};
    return delivery;
}

// What a call over the table needs, built once: the document and its bodies.
class CallDocument {
public:
    template <class Input>
    explicit CallDocument(const Input& input) {
        std::vector<std::string_view> bodies;
        document_ = writeShape(input, &bodies);
        for (const std::string_view body : bodies) bodies_.emplace_back(body);
        for (const std::string& body : bodies_) views_.push_back({body.data(), body.size()});
    }
    // Gives the size of the answer; 0 if the call failed.
    std::size_t run(hub_status (*function)(const hub_call*, const hub_sink*)) const {
        const hub_call call{sizeof(hub_call),
                            static_cast<std::uint32_t>(views_.size()),
                            {document_.data(), document_.size()},
                            views_.data(),
                            nullptr};
        std::string answer;
        const hub_sink sink{sizeof(hub_sink), 0, &answer, [](void* context, hub_view bytes) {
                                static_cast<std::string*>(context)->append(bytes.data, bytes.size);
                                return static_cast<hub_status>(HUB_OK);
                            }};
        return function(&call, &sink) == HUB_OK ? answer.size() : 0;
    }

private:
    std::string document_;
    std::vector<std::string> bodies_;
    std::vector<hub_view> views_;
};

ClaimInput claimInput(const Delivery& delivery) {
    ClaimInput input;
    input.delivery = delivery;
    input.settings.json = "{}";
    return input;
}

std::shared_ptr<const Plugin> load(const char* file) {
    auto plugin = Plugin::load(file, HUB_BUILD_DIR "/bench-cache");
    if (!plugin) throw std::runtime_error(plugin.error().text());
    return *plugin;
}

// --- the border itself

struct Steps {
    static Claim claim(const Delivery&, Json) { return {}; }
    static std::vector<Observation> interpret(const Delivery&, Json) { return {}; }
    static Defaults defaults(const Account&) { return {"api.vendor.example", "/v1", {}}; }
    static Flow readAll(const Command&) {
        for (int i = 0; i < 60; ++i) {
            Reply reply = co_await get("page", "/reports/" + std::to_string(i));
            if (!reply.json()["id"].present()) break;
        }
        co_return done();
    }
    static constexpr auto kFlows = flowTable(flow<readAll>("order.refresh"));
};

void bareCall(benchmark::State& state) {
    const auto plugin = load(HUB_BUILD_DIR "/plugins/shapes/shape_plain_c.so");
    const CallDocument call(claimInput(webhook()));
    for (auto _ : state) benchmark::DoNotOptimize(call.run(plugin->library().table().claim));
}
BENCHMARK(bareCall)->Name("call over the C table, answer of 170 bytes/ours");

void guardedCall(benchmark::State& state) {
    const CallDocument call(claimInput(webhook()));
    if (call.run(&internal::Exports<Steps>::claim) == 0) state.SkipWithError("the call failed");
    for (auto _ : state) benchmark::DoNotOptimize(call.run(&internal::Exports<Steps>::claim));
}
BENCHMARK(guardedCall)->Name("guarded call: read the input, call, write an empty claim/ours");

void unguardedCall(benchmark::State& state) {
    const ClaimInput input = claimInput(webhook());
    for (auto _ : state) {
        const nlohmann::json document = {{"method", input.delivery.method},
                                         {"headers", {{"Content-Type", "application/json"}}},
                                         {"settings", nlohmann::json::object()}};
        benchmark::DoNotOptimize(nlohmann::json::parse(document.dump()));
    }
}
BENCHMARK(unguardedCall)
    ->Name("guarded call: read the input, call, write an empty claim/nlohmann round trip");

// --- a Checkr webhook, as the hub calls the plugin

void claimWebhook(benchmark::State& state) {
    const auto plugin = load(HUB_BUILD_DIR "/plugins/checkr.so");
    const Delivery delivery = webhook();
    for (auto _ : state) {
        auto claim = plugin->claim(delivery, "{}");
        if (!claim) state.SkipWithError(claim.error().message.c_str());
        benchmark::DoNotOptimize(claim);
    }
}
BENCHMARK(claimWebhook)->Name("claim of a Checkr webhook/ours");

void interpretWebhook(benchmark::State& state) {
    const auto plugin = load(HUB_BUILD_DIR "/plugins/checkr.so");
    const Delivery delivery = webhook();
    for (auto _ : state) {
        auto said = plugin->interpret(delivery, "{}");
        if (!said || said->observations.size() != 1) state.SkipWithError("not one observation");
        benchmark::DoNotOptimize(said);
    }
}
BENCHMARK(interpretWebhook)->Name("interpret of a Checkr webhook/ours");

// A handler written by hand, in the process, without a border: the few members a hint needs.
void interpretByHand(benchmark::State& state) {
    for (auto _ : state) {
        const auto event = nlohmann::json::parse(webhookBody());
        const auto& report = event.at("data").at("object");
        nlohmann::json said;
        said["kind"] = "screening";
        said["event"] = event.at("type");
        said["vendor_order_id"] = report.at("id");
        said["vendor_status"] = report.at("status");
        said["raw_result"] = report.at("result");
        said["needs_fetch"] = true;
        said["completed_at"] = report.at("completed_at");
        said["links"] = {{{"type", "report"}, {"id", report.at("id")}},
                         {{"type", "candidate"}, {"id", report.at("candidate_id")}}};
        benchmark::DoNotOptimize(said.dump());
    }
}
BENCHMARK(interpretByHand)->Name("interpret of a Checkr webhook/nlohmann by hand");

// --- replay

// The input of advance as it stands after `replies` replies of 1.4 KB.
CallDocument journalOf(std::size_t replies) {
    std::optional<CallDocument> found;
    const auto advance = [&](const AdvanceInput& input) -> Result<Action> {
        if (input.journal.size() == replies) found.emplace(input);
        return internal::runFlow(Steps::kFlows, input, &Steps::defaults, &classifyByStatus);
    };
    std::vector<hubsdk::testing::ScriptedReply> script(60);
    for (std::size_t i = 0; i < script.size(); ++i) {
        script[i].method = "GET";
        script[i].path = "/reports/" + std::to_string(i);
        script[i].body = webhookBody();
    }
    hubsdk::testing::ScriptedTransport transport(advance, script);
    Command command;
    command.command = "order.refresh";
    if (auto played = transport.play(command); !played || !found) {
        throw std::runtime_error("the flow does not get that far");
    }
    return *std::move(found);
}

void replay(benchmark::State& state) {
    const CallDocument call = journalOf(static_cast<std::size_t>(state.range(0)));
    if (call.run(&internal::Exports<Steps>::advance) == 0) state.SkipWithError("the call failed");
    for (auto _ : state) benchmark::DoNotOptimize(call.run(&internal::Exports<Steps>::advance));
}
void parseReplies(benchmark::State& state) {
    for (auto _ : state) {
        for (int i = 0; i < state.range(0); ++i) {
            benchmark::DoNotOptimize(nlohmann::json::parse(webhookBody()));
        }
    }
}
BENCHMARK(replay)->Arg(1)->Name("advance over a journal of 1 reply/ours");
BENCHMARK(parseReplies)->Arg(1)->Name("advance over a journal of 1 reply/nlohmann parse alone");
BENCHMARK(replay)->Arg(10)->Name("advance over a journal of 10 replies/ours");
BENCHMARK(parseReplies)->Arg(10)->Name("advance over a journal of 10 replies/nlohmann parse alone");
BENCHMARK(replay)->Arg(59)->Name("advance over a journal of 59 replies/ours");
BENCHMARK(parseReplies)->Arg(59)->Name("advance over a journal of 59 replies/nlohmann parse alone");

}  // namespace
