// TM-HTTP-9, TM-HTTP-10, TM-AZ: what holds of every route there is, asked over the real edge.
#include "hub/http/server.hpp"
#include "hub/http/testing/raw_socket.hpp"
#include "portal-api/testing/router_fixture.hpp"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

namespace portal {
namespace {

using hub::http::Request;
using hub::http::testing::RawSocket;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

class RoutesTest : public testing::RouterFixture {
protected:
    RoutesTest() {
        hub::http::ServerConfig config;
        server_ = std::make_unique<hub::http::Server>(
            std::move(config), [this](const Request& request, const hub::http::Respond& respond) {
                if (request.path.starts_with(kApiPrefix)) return router_->handle(request, respond);
                respond({404, {}, {}});
            });
        EXPECT_TRUE(server_->start());
        for (const Route& route : routes()) {
            std::string_view rest = route.permission;
            while (!rest.empty()) {
                const std::string_view one = rest.substr(0, rest.find('|'));
                permissions_.emplace(one);
                rest.remove_prefix(std::min(one.size() + 1, rest.size()));
            }
        }
    }
    ~RoutesTest() override {
        server_->stop(1000);
        work_.stop();  // before the server that its answers go to
    }

    std::string keyWithAll() { return keyWith({permissions_.begin(), permissions_.end()}); }

    /// The whole answer; `path` goes out as it is.
    std::string ask(std::string_view method, std::string_view path, std::string_view key,
                    std::string_view body = "{}") {
        auto socket = RawSocket::connectTo(server_->port());
        socket.send(std::string(method) + " " + std::string(path) +
                    " HTTP/1.1\r\nHost: hub.test\r\nConnection: close\r\n" +
                    (key.empty() ? "" : "Authorization: Bearer " + std::string(key) + "\r\n") +
                    "Content-Type: application/json\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
        return socket.readToEnd();
    }
    static int statusOf(const std::string& answer) {
        return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
    }
    /// The route's path with this text in place of each parameter.
    static std::string pathOf(const Route& route, std::string_view parameter) {
        std::string path = "/api/v1" + std::string(route.pattern);
        for (auto at = path.find("{}"); at != std::string::npos; at = path.find("{}", at))
            path.replace(at, 2, parameter), at += parameter.size();
        return path;
    }
    static bool takes(std::string_view pattern, std::string_view method) {
        return std::ranges::any_of(routes(), [&](const Route& route) {
            return route.pattern == pattern && route.method == method;
        });
    }

    std::unique_ptr<hub::http::Server> server_;
    std::set<std::string> permissions_;  ///< that any route asks for
};

TEST_F(RoutesTest, WithoutAKeyIs401WithTheProtectionFields) {
    const auto protects =
        AllOf(HasSubstr("\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains\r\n"),
              HasSubstr("\r\nX-Content-Type-Options: nosniff\r\n"),
              HasSubstr("\r\nX-Frame-Options: DENY\r\n"),
              HasSubstr("\r\nX-XSS-Protection: 1; mode=block\r\n"),
              HasSubstr("\r\nContent-Security-Policy: default-src 'self'\r\n"),
              HasSubstr("\r\nCache-Control: no-store\r\n"));
    const std::string key = keyWithAll();
    for (const Route& route : routes()) {
        const std::string path = pathOf(route, "x");
        SCOPED_TRACE(std::string(route.method) + " " + path);
        for (const char* stranger : {"", "no-such-key"}) {
            const std::string refused = ask(route.method, path, stranger);
            EXPECT_EQ(statusOf(refused), 401);
            EXPECT_THAT(refused, HasSubstr("\"UNAUTHENTICATED\""));
            EXPECT_THAT(refused, HasSubstr("\r\nWWW-Authenticate: Bearer\r\n"));
            EXPECT_THAT(refused, protects);
        }
        const std::string answer = ask(route.method, path, key);
        EXPECT_NE(statusOf(answer), 401);
        EXPECT_THAT(answer, protects);
        EXPECT_THAT(answer, HasSubstr("\r\nX-Request-Id: "));
    }
}

// The authorization matrix: one key for each permission, asked of every route.
TEST_F(RoutesTest, TakesTheKeysOfItsPermissionAndNoOther) {
    for (const std::string& permission : permissions_) {
        const std::string key = keyWith({permission});
        for (const Route& route : routes()) {
            const std::string answer = ask(route.method, pathOf(route, "x"), key);
            const std::string asked = "|" + std::string(route.permission) + "|";
            const bool may = asked.find("|" + permission + "|") != std::string::npos;
            EXPECT_EQ(statusOf(answer) != 403, may)
                << permission << ": " << route.method << " " << route.pattern;
        }
    }
}

TEST_F(RoutesTest, TakesNoMethodButItsOwn) {
    const std::string key = keyWithAll();
    for (const Route& route : routes()) {
        for (const std::string_view method : kMethods) {
            if (takes(route.pattern, method)) continue;
            // An id that is no literal of another path.
            const std::string answer = ask(method, pathOf(route, "0"), key);
            EXPECT_EQ(statusOf(answer), 405) << method << " " << route.pattern;
            EXPECT_THAT(answer, HasSubstr("\r\nAllow: "));
        }
    }
}

// What is no id finds nothing, whatever it is made to look like.
TEST_F(RoutesTest, OddIdsFindNothing) {
    const std::string key = keyWithAll();
    const std::string kOdd[] = {"..",
                                "%2e%2e",
                                "a%2fb",
                                "%252f",
                                "%00",
                                "%ff%fe",
                                "%0d%0a",
                                "'--",
                                "%27%20OR%201=1",
                                "{}",
                                "null",
                                "-1",
                                "9223372036854775808",
                                "%F0%9F%98%80",
                                "x;y=1",
                                "*",
                                "%",
                                "%zz",
                                "%2E",
                                std::string(300, 'a'),
                                std::string(6000, 'a')};
    for (const Route& route : routes()) {
        if (route.pattern.find("{}") == std::string_view::npos) continue;
        for (const std::string& odd : kOdd) {
            const int status = statusOf(ask(route.method, pathOf(route, odd), key));
            EXPECT_GE(status, 400) << route.method << " " << route.pattern << " " << odd;
            EXPECT_LT(status, 500) << route.method << " " << route.pattern << " " << odd;
        }
    }
}

// A path is its own only as it is written.
TEST_F(RoutesTest, OtherSpellingsOfAPathAreNoPath) {
    const std::string key = keyWithAll();
    for (const Route& route : routes()) {
        const std::string path = pathOf(route, "0");
        std::string upper = path;
        for (char& letter : upper) {
            if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
        }
        const std::string tail = path.substr(std::string_view("/api/v1").size());
        for (const std::string& other :
             {upper, "/api/v1/" + tail, path + "/", path + "/x/y/z", "/api/v1/x/.." + tail,
              "/api/v1%2f" + tail.substr(1), "/api/v1/%2e" + tail, "/api//v1" + tail}) {
            const int status = statusOf(ask(route.method, other, key));
            EXPECT_TRUE(status == 400 || status == 404 || status == 405)
                << status << ": " << route.method << " " << other;
        }
    }
}

TEST_F(RoutesTest, OddBodiesAreRefused) {
    const std::string key = keyWithAll();
    const std::string deep = std::string(2000, '[') + std::string(2000, ']');
    for (const Route& route : routes()) {
        for (const std::string& body :
             {std::string("["), std::string("\xff\xfe"), deep, std::string("{\"a\":1}{}"),
              std::string("{\"\\u0000\":\"\\ud800\"}")}) {
            const int status = statusOf(ask(route.method, pathOf(route, "x"), key, body));
            EXPECT_GE(status, 400) << route.method << " " << route.pattern << " " << body;
            EXPECT_LT(status, 500) << route.method << " " << route.pattern << " " << body;
        }
    }
}

}  // namespace
}  // namespace portal
