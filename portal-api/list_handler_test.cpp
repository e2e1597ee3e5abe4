// Lists and replays as operators see them: paging, filters, tenants, the audit trail.
#include "hub/security/digest.hpp"
#include "hub/storage/storage_fixture.hpp"
#include "portal-api/inbound_handler.hpp"
#include "portal-api/routes.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

namespace portal {
namespace {

using hub::storage::Connection;
using hub::storage::WriteQueue;
using hubsdk::ErrorCode;

constexpr int kDeadMade = kReplayMax + 3;

class ListHandlerTest : public hub::storage::StorageTest {
protected:
    ListHandlerTest() {
        open();
        scope_ = tenant("acme");
        repositories_ = std::make_unique<hub::storage::Repositories>(*vault_);
        plugins_ = std::make_unique<hub::plugins::PluginRegistry>(folder_ / "plugin-cache");
    }

    template <class F>
    auto write(F&& unit) {
        return database_->writeFor(WriteQueue::kPortal, std::forward<F>(unit)).value();
    }

    hubsdk::Result<ApiAnswer> ask(std::string_view method, std::string_view pattern,
                                  std::string_view query = {}, std::string_view body = "{}",
                                  std::vector<std::string> parameters = {}) {
        const auto all = routes();
        const auto route = std::ranges::find_if(
            all, [&](const Route& one) { return one.method == method && one.pattern == pattern; });
        EXPECT_NE(route, all.end());
        const PortalServices services{
            *database_,
            *repositories_,
            *plugins_,
            *vault_,
            [] { return hub::storage::kNow; },
            [](std::string_view, std::string_view token) { return "url/" + std::string(token); },
            [] {}};
        ApiCall call{services, scope_,       "key-7",           permissions_, std::move(parameters),
                     body,     std::nullopt, hub::storage::kNow};
        call.query = query;
        call.request_id = "req-1";
        return route->handler(call);
    }
    /// The ids of a page, and its mark.
    std::vector<std::string> ids(std::string_view pattern, std::string_view query = {}) {
        const auto answer = ask("GET", pattern, query);
        EXPECT_TRUE(answer) << answer.error().text();
        if (!answer) return {};
        mark_ = answer->page.value();
        document_ = answer->document;
        const auto document = hubsdk::JsonDocument::parse(answer->document);
        std::vector<std::string> found;
        for (std::size_t i = 0; i < document->root().size(); ++i)
            found.emplace_back(document->root().at(i)["id"].text());
        return found;
    }

    std::string provider(const std::string& code, hub::storage::AccountState state) {
        hub::storage::NewAccount account;
        account.plugin_key = "trial";
        account.provider_name = account.provider_code = code;
        account.state = state;
        return write([&](Connection& connection) {
            return repositories_->accounts.create(connection, scope_, account, hub::storage::kNow)
                .id;
        });
    }
    std::string order(const std::string& status, const std::optional<std::string>& account = {}) {
        hub::storage::NewOrder wanted;
        wanted.status = status;
        wanted.person_document = R"({"email":"a@b.c"})";
        wanted.account_id = account;
        return write([&](Connection& connection) {
            return repositories_->orders.create(connection, scope_, wanted, hub::storage::kNow)
                .order_id;
        });
    }
    std::string delivery(const std::string& status) {
        hub::storage::NewDelivery row;
        row.id = hub::security::uuid7(hub::storage::kNow);
        row.plugin_key = row.source = "trial";
        row.dedupe_scope = scope_.tenantId();
        row.dedupe_key = hub::security::sha256Hex(row.id);
        row.request = row.headers = "{}";
        row.proof = "signature";
        row.status = status;
        row.received_at_ms = hub::storage::kNow;
        const auto sealed = repositories_->inbox.seal(scope_, row);
        return write([&](Connection& connection) {
            return repositories_->inbox.insertDelivery(connection, sealed).id;
        });
    }
    std::int64_t withStatus(const std::string& status) {
        return count("SELECT COUNT(*) FROM inbound_event WHERE status = ?", {status});
    }

    hub::storage::TenantScope scope_ = hub::storage::TenantScope::fromLeasedRow("none");
    std::vector<std::string> permissions_{"provider.manage"};
    std::unique_ptr<hub::storage::Repositories> repositories_;
    std::unique_ptr<hub::plugins::PluginRegistry> plugins_;
    PageMark mark_;
    std::string document_;
};

TEST_F(ListHandlerTest, OrdersComePageByPageAndByCursor) {
    std::set<std::string> made;
    for (int i = 0; i < 5; ++i) made.insert(order("submitted"));
    const auto first = ids("/orders", "limit=2");
    EXPECT_EQ(first.size(), 2U);
    EXPECT_EQ(mark_.total, 5);
    EXPECT_EQ(mark_.limit, 2);
    const auto second = ids("/orders", "limit=2&page=2");
    EXPECT_EQ(mark_.page, 2);
    EXPECT_EQ(ids("/orders", "limit=2&after=" + first.back()), second);
    const auto last = ids("/orders", "limit=2&after=" + mark_.next.value());
    EXPECT_EQ(last.size(), 1U);
    EXPECT_FALSE(mark_.next);
    std::set<std::string> seen(first.begin(), first.end());
    seen.insert(second.begin(), second.end());
    seen.insert(last.begin(), last.end());
    EXPECT_EQ(seen, made);
    EXPECT_EQ(document_.find("a@b.c"), std::string::npos);
}

TEST_F(ListHandlerTest, OrdersAreChosenByStatusAndProvider) {
    const auto account = provider("one", hub::storage::AccountState::kEnabled);
    const auto ours = order("submitted", account);
    const auto done = order("completed", account);
    order("submitted");
    EXPECT_EQ(ids("/orders", "provider=" + account).size(), 2U);
    EXPECT_THAT(ids("/orders", "status=completed"), ::testing::ElementsAre(done));
    EXPECT_THAT(ids("/orders", "status=submitted&provider=" + account),
                ::testing::ElementsAre(ours));
}

TEST_F(ListHandlerTest, WhatIsNoPageIsToldByItsName) {
    for (const auto& [query, name] : std::vector<std::pair<std::string, std::string>>{
             {"limit=0", "limit"},
             {"limit=101", "limit"},
             {"page=x", "page"},
             {"page=501", "page"},
             {"page=2&after=x", "after"},
             {"status=" + std::string(200, 'x'), "status"},
             {"status=finished", "status"}}) {
        const auto answer = ask("GET", "/orders", query);
        ASSERT_FALSE(answer) << query;
        EXPECT_EQ(answer.error().code, ErrorCode::kInvalid);
        EXPECT_EQ(answer.error().path, name);
    }
}

TEST_F(ListHandlerTest, ProvidersAreChosenByStateAndMaskedForReaders) {
    const auto on = provider("one", hub::storage::AccountState::kEnabled);
    provider("two", hub::storage::AccountState::kPaused);
    EXPECT_EQ(ids("/providers").size(), 2U);
    EXPECT_NE(document_.find("url/"), std::string::npos);
    EXPECT_THAT(ids("/providers", "is_active=true"), ::testing::ElementsAre(on));
    EXPECT_TRUE(ids("/providers", "provider_type=payment").empty());
    EXPECT_EQ(ask("GET", "/providers", "is_active=1").error().path, "is_active");
    permissions_ = {"result.read"};
    EXPECT_EQ(ids("/providers").size(), 2U);
    EXPECT_EQ(document_.find("url/"), std::string::npos);
}

TEST_F(ListHandlerTest, TasksAndAlertsAreChosenByTheirWords) {
    write([&](Connection& connection) {
        hub::storage::Task task;
        task.kind = "manual_fallback";
        task.subject_type = "flow";
        task.subject_id = "f-1";
        repositories_->attention.openTask(connection, scope_, task, hub::storage::kNow);
        hub::storage::Alert alert;
        alert.alert_type = "flow_uncertain";
        alert.subject_type = "flow";
        alert.subject_id = "f-1";
        alert.description = "A sentence.";
        repositories_->attention.raiseAlert(connection, scope_, alert, hub::storage::kNow);
        return 0;
    });
    EXPECT_EQ(ids("/admin/tasks").size(), 1U);
    EXPECT_EQ(ids("/admin/tasks", "kind=manual_fallback&status=open").size(), 1U);
    EXPECT_TRUE(ids("/admin/tasks", "status=done").empty());
    EXPECT_TRUE(ids("/admin/tasks", "assignee=somebody").empty());
    EXPECT_EQ(ids("/dashboard/alerts").size(), 1U);
    EXPECT_NE(document_.find("A sentence."), std::string::npos);
    EXPECT_TRUE(ids("/dashboard/alerts", "status=reviewed").empty());
    EXPECT_TRUE(ids("/dashboard/alerts", "kind=budget").empty());
    EXPECT_EQ(ids("/dashboard/alerts", "severity=medium").size(), 1U);
}

TEST_F(ListHandlerTest, ADeliveryIsPlayedAgainAndThatIsWrittenDown) {
    const auto id = delivery("dead");
    delivery("processed");
    EXPECT_THAT(ids("/admin/inbound-events", "status=dead&plugin=trial"),
                ::testing::ElementsAre(id));
    const auto answer = ask("POST", "/admin/inbound-events/{}/replay", {}, "{}", {id});
    ASSERT_TRUE(answer) << answer.error().text();
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(withStatus("verified"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'inbound_event_replayed' "
                    "AND actor_id = 'key-7' AND resource_id = ? AND trace_id = 'req-1'",
                    {id}),
              1);
    const auto twice = ask("POST", "/admin/inbound-events/{}/replay", {}, "{}", {id});
    EXPECT_EQ(twice.error().code, ErrorCode::kConflict);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry"), 1);
}

TEST_F(ListHandlerTest, ManyArePlayedAgainAtOnce) {
    for (int i = 0; i < kDeadMade; ++i) delivery("dead");
    delivery("parked");
    delivery("processed");
    const auto next = [&](const std::string& body) {
        const auto answer = ask("POST", "/admin/inbound-events/replay", {}, body);
        EXPECT_TRUE(answer) << answer.error().text();
        return answer->document;
    };
    const auto first = next("{}");
    EXPECT_EQ(withStatus("dead"), kDeadMade - kReplayMax);
    EXPECT_NE(first.find(R"("next":")"), std::string::npos);
    EXPECT_EQ(next("{}"), R"({"replayed":3})");
    EXPECT_EQ(next(R"({"status":"parked","plugin":"other"})"), R"({"replayed":0})");
    EXPECT_EQ(next(R"({"status":"parked"})"), R"({"replayed":1})");
    EXPECT_EQ(withStatus("processed"), 1);
    EXPECT_EQ(count("SELECT COUNT(*) FROM audit_entry WHERE action = 'inbound_event_replayed'"),
              kDeadMade + 1);
    const auto wrong = ask("POST", "/admin/inbound-events/replay", {}, R"({"status":"processed"})");
    EXPECT_EQ(wrong.error().path, "status");
}

// TM-AZ-1
TEST_F(ListHandlerTest, AnotherTenantSeesAndPlaysNothing) {
    provider("one", hub::storage::AccountState::kEnabled);
    order("submitted");
    const auto id = delivery("dead");
    scope_ = tenant("stranger");
    for (const char* pattern :
         {"/orders", "/providers", "/admin/tasks", "/dashboard/alerts", "/admin/inbound-events"}) {
        EXPECT_TRUE(ids(pattern).empty()) << pattern;
        EXPECT_EQ(mark_.total, 0) << pattern;
    }
    EXPECT_EQ(ask("POST", "/admin/inbound-events/{}/replay", {}, "{}", {id}).error().code,
              ErrorCode::kNotFound);
    EXPECT_EQ(ask("POST", "/admin/inbound-events/replay")->document, R"({"replayed":0})");
    EXPECT_EQ(withStatus("dead"), 1);
}

TEST(Permissions, OfListsAndReplays) {
    const std::pair<std::string_view, std::string_view> kRows[] = {
        {"/orders", "order.read"},
        {"/providers", "provider.manage|result.read"},
        {"/dashboard/alerts", "order.read"},
        {"/admin/tasks", "exception.handle"},
        {"/admin/inbound-events", "integration.manage"},
        {"/admin/inbound-events/{}/replay", "exception.handle"},
        {"/admin/inbound-events/replay", "exception.handle"}};
    for (const auto& row : kRows) {
        const auto route = std::ranges::find_if(routes(), [&](const Route& one) {
            return one.pattern == row.first &&
                   (one.method == "GET" || row.first.ends_with("replay"));
        });
        ASSERT_NE(route, routes().end()) << row.first;
        EXPECT_EQ(route->permission, row.second) << row.first;
    }
}

}  // namespace
}  // namespace portal
