#include "plugins/checkr/simulator/world.hpp"

#include <hubsdk/cpp/text.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::JsonWriter;

constexpr std::size_t kIdDigits = 24;
constexpr std::size_t kIdPrefixDigits = 12;
constexpr int kHexBits = 4;

std::string envelope(const std::string& id, std::string_view type, const Account& account,
                     const std::string& url, std::string_view object) {
    std::string body;
    JsonWriter out(body);
    out.beginObject();
    out.member("id", id);
    out.member("object", "event");
    out.member("type", type);
    out.member("created_at", World::now());
    out.member("webhook_url", url);
    out.key("data");
    out.beginObject();
    out.key("object");
    out.raw(object);
    out.endObject();
    out.member("account_id", account.id);
    out.endObject();
    return body;
}

/// What was made under one custom_id of one account.
struct Made {
    std::int64_t candidates = 0;
    std::int64_t invitations = 0;
    std::int64_t reports = 0;

    [[nodiscard]] std::int64_t most() const { return std::max({candidates, invitations, reports}); }
};

std::map<std::string, Made> madeByCustomId(const std::vector<std::unique_ptr<Account>>& accounts) {
    std::map<std::string, Made> made;
    for (const auto& account : accounts) {
        const auto entry = [&](std::string_view candidate_id) -> Made& {
            const auto found = account->candidates.find(candidate_id);
            return made[found == account->candidates.end()
                            ? std::string()
                            : std::string(found->second.text("custom_id"))];
        };
        for (const auto& [id, candidate] : account->candidates) ++entry(id).candidates;
        for (const auto& [id, invitation] : account->invitations) {
            ++entry(invitation.candidate_id).invitations;
        }
        for (const auto& [id, report] : account->reports) ++entry(report.candidate_id).reports;
    }
    return made;
}

void writeCounts(JsonWriter& out, const NoticeCounts& counts) {
    out.member("webhooks_offered", counts.offered);
    out.member("webhooks_dropped", counts.dropped);
    out.member("webhooks_sent", counts.sent);
    out.member("webhooks_acknowledged", counts.acknowledged);
    out.member("webhooks_given_up", counts.given_up);
    out.member("webhooks_open", counts.open);
}

void writeMade(JsonWriter& out, const std::map<std::string, Made>& made) {
    out.key("candidates");
    out.beginArray();
    for (const auto& [custom_id, entry] : made) {
        out.beginObject();
        out.member("custom_id", custom_id);
        out.member("candidates", entry.candidates);
        out.member("invitations", entry.invitations);
        out.member("reports", entry.reports);
        out.endObject();
    }
    out.endArray();
    out.key("duplicates_by_custom_id");
    out.beginObject();
    for (const auto& [custom_id, entry] : made) {
        // Candidates without a custom_id cannot be told apart.
        if (!custom_id.empty() && entry.most() > 1) out.member(custom_id, entry.most());
    }
    out.endObject();
}

}  // namespace

World::World(Config given, Scheduler& later)
    : config(std::move(given)),
      scheduler(later),
      notifier(later, config.retry_ms, config.routes),
      id_prefix_(hubsdk::fnv1a(config.seed).substr(0, kIdPrefixDigits)) {
    for (const std::string& key : config.api_keys) addAccount(key, false);
    for (const WebhookSeed& seed : config.webhooks) {
        Webhook webhook{nextId(), now(), seed.url, seed.include_object, std::nullopt};
        accounts.front()->webhooks.emplace(webhook.id, webhook);
    }
}

std::string World::nextId() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string id = id_prefix_ + std::string(kIdDigits - kIdPrefixDigits, '0');
    auto number = static_cast<std::uint64_t>(++ids_);
    for (std::size_t at = kIdDigits; number != 0; number >>= kHexBits)
        id[--at] = kDigits[number & 15];
    return id;
}

std::int64_t World::nowMs() {
    using std::chrono::milliseconds;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<milliseconds>(now).count();
}

std::string World::now() { return hubsdk::formatUtc(nowMs()); }

Account& World::addAccount(std::string key, bool partner) {
    auto account = std::make_unique<Account>();
    account->id = nextId();
    // vendors/checkr.md, Signature: a partner application's webhooks carry its client secret.
    account->signing_key = partner ? config.client_secret : key;
    account->key = std::move(key);
    account->partner = partner;
    if (partner && !config.application_webhook_url.empty()) {
        Webhook webhook{nextId(), now(), config.application_webhook_url, true, std::nullopt};
        account->webhooks.emplace(webhook.id, webhook);
    }
    return *accounts.emplace_back(std::move(account));
}

Account* World::accountByKey(std::string_view key) {
    for (const auto& account : accounts) {
        if (account->active && account->key == key) return account.get();
    }
    return nullptr;
}

void World::tell(const Account& account, std::string_view type, std::string_view object,
                 std::string_view pointer) {
    const std::string event_id = nextId();
    for (const auto& [id, webhook] : account.webhooks) {
        if (webhook.deleted_at) continue;
        const bool whole = switches.include_object.value_or(webhook.include_object);
        deliver(webhook.url, account.signing_key,
                envelope(event_id, type, account, webhook.url, whole ? object : pointer), event_id);
    }
}

void World::deliver(const std::string& url, std::string_view key, std::string body,
                    std::string event_id) {
    Notice notice;
    notice.event_id = std::move(event_id);
    notice.url = url;
    notice.signature = signatureOf(key, body);
    notice.body = std::move(body);
    notifier.offer(std::move(notice), switches);
}

std::string World::pointerOf(std::string_view object) {
    const auto document = hubsdk::JsonDocument::parse(object);
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    for (const char* name : {"id", "object", "uri"}) {
        if (document) out.member(name, document->root()[name].text());
    }
    out.endObject();
    return text;
}

std::string World::ledger() const {
    std::int64_t invitations = 0;
    std::int64_t reports = 0;
    for (const auto& account : accounts) {
        invitations += static_cast<std::int64_t>(account->invitations.size());
        reports += static_cast<std::int64_t>(account->reports.size());
    }
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    out.member("requests", requests);
    out.member("invitations", invitations);
    out.member("reports", reports);
    writeMade(out, madeByCustomId(accounts));
    writeCounts(out, notifier.counts());
    out.endObject();
    return text;
}

}  // namespace vendor::checkr::simulator
