#include "hub/app/readiness.hpp"

#include <hubsdk/cpp/json.hpp>

namespace hub::app {
namespace {

void writeWords(hubsdk::JsonWriter& writer, std::string_view name,
                const std::vector<std::string_view>& words) {
    writer.key(name);
    writer.beginArray();
    for (const std::string_view word : words) writer.string(word);
    writer.endArray();
}

http::Response answer(bool good, std::string body) {
    http::Response response;
    response.status = good ? 200 : 503;
    response.headers.push_back({"Content-Type", "application/json"});
    response.headers.push_back({"Cache-Control", "no-store"});
    response.body = std::move(body);
    return response;
}

struct Rule {
    std::string_view word;
    bool (*holds)(const HealthFacts&);
    bool restart;  ///< only that mends it
};
constexpr Rule kRed[] = {
    {"starting", [](const HealthFacts& f) { return f.phase == Phase::kStarting; }, false},
    {"stopping", [](const HealthFacts& f) { return f.phase == Phase::kStopping; }, false},
    {"plugins", [](const HealthFacts& f) { return f.plugins == 0; }, false},
    {"database", [](const HealthFacts& f) { return f.database_silent_ms >= kDatabaseSilentMs; },
     false},
    {"storage_full", [](const HealthFacts& f) { return f.storage_full; }, false},
    {"writer_stalled", [](const HealthFacts& f) { return f.longest_batch_ms >= kWriterStalledMs; },
     true},
    {"plugin_stuck", [](const HealthFacts& f) { return f.calls_stuck >= f.calls_stuck_max; }, true},
};

}  // namespace

HealthReasons reasonsOf(const HealthFacts& facts) {
    HealthReasons reasons;
    for (const Rule& rule : kRed) {
        if (!rule.holds(facts)) continue;
        reasons.red.push_back(rule.word);
        reasons.restart = reasons.restart || rule.restart;
    }
    // One plugin that hangs must not take the others' work away (threat-model section 2, rule 12).
    if (facts.calls_stuck > 0 && facts.calls_stuck < facts.calls_stuck_max)
        reasons.warnings.push_back("plugin_stuck");
    return reasons;
}

http::Response readyAnswer(const HealthFacts& facts) {
    const HealthReasons reasons = reasonsOf(facts);
    std::string body;
    hubsdk::JsonWriter writer(body);
    writer.beginObject();
    writer.key("ready");
    writer.boolean(reasons.red.empty());
    writeWords(writer, "reasons", reasons.red);
    writeWords(writer, "warnings", reasons.warnings);
    writer.endObject();
    return answer(reasons.red.empty(), std::move(body));
}

http::Response healthAnswer(const HealthFacts& facts) {
    const HealthReasons reasons = reasonsOf(facts);
    std::string body;
    hubsdk::JsonWriter writer(body);
    writer.beginObject();
    writer.member("status", reasons.restart ? "failing" : "ok");
    writeWords(writer, "reasons", reasons.red);
    writeWords(writer, "warnings", reasons.warnings);
    writer.endObject();
    return answer(!reasons.restart, std::move(body));
}

}  // namespace hub::app
