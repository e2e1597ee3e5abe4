#include "hub/app/config.hpp"

#include <gtest/gtest.h>

#include "hub/http/client.hpp"

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
        {{{"server.address", "localhost"}}, "server.address"},
        {{{"server.address", "300.0.0.1"}}, "server.address"},
        {{{"storage.url", "postgres://x"}}, "storage.url"},
        {{{"storage.url", "sqlite:"}}, "storage.url"},
        {{{"storage.url", "mariadb://u:secret@h/d"}}, "storage.url"},
        {{{"outbound.routes", "api.vendor.com=http://192.0.2.1:80"}}, "outbound.routes"},
        {{{"outbound.ca_file", "/nonexistent/ca.pem"}}, "outbound.ca_file"},
        {{{"server.tls_certificate", "/nonexistent/a.pem"}, {"server.tls_key", "/nonexistent/b"}},
         "server.tls_certificate"},
    };
    for (const auto& [values, path] : kCases) {
        const auto config = readConfig(values);
        ASSERT_FALSE(config.ok()) << path;
        EXPECT_EQ(config.error().path, path);
    }
}

// The literal numbers of threat-model.md section 21, and of TM-HTTP-6.
TEST(Config, TheLimitsAreThoseOfTheThreatModelUnlessTheyAreSet) {
    const auto usual = readConfig({});
    ASSERT_TRUE(usual.ok());
    const http::ServerLimits& edge = usual->edge;
    EXPECT_EQ(edge.head.line_bytes_max, 8U * 1024);
    EXPECT_EQ(edge.head.fields_max, 64U);
    EXPECT_EQ(edge.head.value_bytes_max, 8U * 1024);
    EXPECT_EQ(edge.head.fields_bytes_max, 32U * 1024);
    EXPECT_EQ(edge.header_ms, 10'000);
    EXPECT_EQ(edge.idle_ms, 15'000);
    EXPECT_EQ(edge.handshake_ms, 5'000);
    EXPECT_EQ(edge.body_grace_ms, 5'000);
    EXPECT_EQ(edge.body_rate_min, 1024);
    EXPECT_EQ(edge.connections_max, 2'000U);
    EXPECT_EQ(edge.connections_per_address_max, 100U);
    EXPECT_EQ(edge.requests_per_connection_max, 1'000U);
    EXPECT_EQ(usual->portal_body_bytes_max, 1024U * 1024);
    EXPECT_EQ(usual->storage.statement_deadline_ms, 5'000);
    EXPECT_EQ(usual->storage.pool_wait_ms, 2'000);
    const http::ClientLimits calls;
    EXPECT_EQ(calls.connect_ms, 3'000);
    EXPECT_EQ(calls.deadline_ms_max, 120'000);
    // Not of that section, and measured.
    EXPECT_EQ(usual->webhook_rate_per_s, 1'000);
    EXPECT_EQ(usual->storage.readers_max, 8U);
    EXPECT_EQ(usual->storage.writers_max, 4U);
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
