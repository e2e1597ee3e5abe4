#include "hub/app/config.hpp"

#include <gtest/gtest.h>

namespace hub::app {
namespace {

TEST(Config, HasADefaultForEveryKey) {
    const auto config = readConfig({});
    ASSERT_TRUE(config.ok()) << config.error().text();
    EXPECT_EQ(config->address, "127.0.0.1");
    EXPECT_EQ(config->port, 8080);
    EXPECT_EQ(config->storage_url, "sqlite:var/hub.db");
}

TEST(Config, NamesTheKeyThatIsWrong) {
    const std::pair<std::map<std::string, std::string>, std::string> kCases[] = {
        {{{"server.prot", "1"}}, "server.prot"},
        {{{"server.port", "70000"}}, "server.port"},
        {{{"server.port", "80x"}}, "server.port"},
        {{{"flows.threads", "0"}}, "flows.threads"},
        {{{"log.level", "loud"}}, "log.level"},
        {{{"outbound.routes", "api.vendor.com"}}, "outbound.routes"},
        {{{"server.public_url", "hub.example.com"}}, "server.public_url"},
        {{{"server.tls_certificate", "a.pem"}}, "server.tls_key"},
        // TM-HTTP-5: a range or a name would match no peer.
        {{{"server.trusted_proxies", "10.0.0.0/8"}}, "server.trusted_proxies"},
        {{{"server.trusted_proxies", "127.0.0.1, proxy.example"}}, "server.trusted_proxies"},
        {{{"server.drain_delay_ms", "-1"}}, "server.drain_delay_ms"},
        {{{"plugins.stuck_ms", "1"}}, "plugins.stuck_ms"},
        {{{"storage.free_bytes_min", "much"}}, "storage.free_bytes_min"},
        {{{"storage.readers", "0"}}, "storage.readers"},
        {{{"server.connections_max", "0"}}, "server.connections_max"},
        {{{"server.header_ms", "99"}}, "server.header_ms"},
        {{{"storage.statement_ms", "60001"}}, "storage.statement_ms"},
        {{{"webhooks.rate_per_s", "0"}}, "webhooks.rate_per_s"},
        {{{"server.health_port", "8080"}}, "server.health_port"},
        {{{"storage.writers", "65"}}, "storage.writers"},
    };
    for (const auto& [values, path] : kCases) {
        const auto config = readConfig(values);
        ASSERT_FALSE(config.ok()) << path;
        EXPECT_EQ(config.error().path, path);
    }
}

// threat-model.md section 21
TEST(Config, TheLimitsAreThoseOfTheThreatModelUnlessTheyAreSet) {
    const auto usual = readConfig({});
    ASSERT_TRUE(usual.ok());
    const http::ServerLimits edge;
    EXPECT_EQ(usual->edge.connections_max, edge.connections_max);
    EXPECT_EQ(usual->edge.connections_per_address_max, edge.connections_per_address_max);
    EXPECT_EQ(usual->edge.requests_per_connection_max, edge.requests_per_connection_max);
    EXPECT_EQ(usual->edge.head.line_bytes_max, edge.head.line_bytes_max);
    EXPECT_EQ(usual->edge.head.fields_max, edge.head.fields_max);
    EXPECT_EQ(usual->edge.head.value_bytes_max, edge.head.value_bytes_max);
    EXPECT_EQ(usual->edge.head.fields_bytes_max, edge.head.fields_bytes_max);
    EXPECT_EQ(usual->edge.header_ms, edge.header_ms);
    EXPECT_EQ(usual->edge.idle_ms, edge.idle_ms);
    EXPECT_EQ(usual->portal_body_bytes_max, std::size_t{1} << 20U);
    EXPECT_EQ(usual->webhook_rate_per_s, 1'000);
    const storage::DatabaseLimits rows;
    EXPECT_EQ(usual->storage.readers_max, rows.readers_max);
    EXPECT_EQ(usual->storage.writers_max, rows.writers_max);
    EXPECT_EQ(usual->storage.pool_wait_ms, rows.pool_wait_ms);
    EXPECT_EQ(usual->storage.statement_deadline_ms, rows.statement_deadline_ms);
    const auto set = readConfig({{"server.connections_max", "7"},
                                 {"server.header_bytes_max", "4096"},
                                 {"storage.wait_ms", "100"}});
    ASSERT_TRUE(set.ok()) << set.error().text();
    EXPECT_EQ(set->edge.connections_max, 7U);
    EXPECT_EQ(set->edge.head.fields_bytes_max, 4096U);
    EXPECT_EQ(set->storage.pool_wait_ms, 100);
}

TEST(Config, ReadsListsAndRoutes) {
    const auto config =
        readConfig({{"outbound.routes", "a.com=http://127.0.0.1:1, b.com=http://127.0.0.1:2"},
                    {"server.hosts", "hub.example.com, localhost"}});
    ASSERT_TRUE(config.ok());
    EXPECT_EQ(config->routes.at("b.com"), "http://127.0.0.1:2");
    EXPECT_EQ(config->allowed_hosts.size(), 2U);
}

TEST(Config, NamesTheEnvironmentVariable) {
    EXPECT_EQ(environmentName("server.public_url"), "HUB_SERVER_PUBLIC_URL");
}

}  // namespace
}  // namespace hub::app
