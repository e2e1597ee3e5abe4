#include "plugins/checkr/simulator/routes.hpp"

#include <array>
#include <optional>

namespace vendor::checkr::simulator {

namespace {

// Screenings come last: their pattern fits every object.
constexpr std::array kRoutes = {
    Route{"POST", "/v1/candidates", createCandidate},
    Route{"GET", "/v1/candidates", listCandidates},
    Route{"GET", "/v1/candidates/*", getCandidate},
    Route{"POST", "/v1/candidates/*", updateCandidate},
    Route{"POST", "/v1/invitations", createInvitation},
    Route{"GET", "/v1/invitations", listInvitations},
    Route{"GET", "/v1/invitations/*", getInvitation},
    Route{"DELETE", "/v1/invitations/*", cancelInvitation},
    Route{"POST", "/v1/reports", createReport},
    Route{"GET", "/v1/reports/*", getReport},
    Route{"POST", "/v1/reports/*", updateReport},
    Route{"POST", "/v1/reports/*/complete", completeReport},
    Route{"GET", "/v1/reports/*/eta", getEta},
    Route{"GET", "/v1/reports/*/adverse_items", listAdverseItems},
    Route{"GET", "/v1/packages", listPackages},
    Route{"POST", "/v1/webhooks", createWebhook},
    Route{"GET", "/v1/webhooks", listWebhooks},
    Route{"GET", "/v1/webhooks/*", getWebhook},
    Route{"DELETE", "/v1/webhooks/*", deleteWebhook},
    Route{"GET", "/v1/documents/*", getDocument},
    Route{"POST", "/oauth/deauthorize", deauthorize},
    Route{"GET", "/v1/*/*", getScreening},
};

std::string_view takeSegment(std::string_view& path) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

std::optional<std::vector<std::string>> matchPath(std::string_view pattern, std::string_view path) {
    std::vector<std::string> args;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = takeSegment(pattern);
        const std::string_view segment = takeSegment(path);
        if (wanted == "*") {
            args.emplace_back(segment);
        } else if (wanted != segment) {
            return std::nullopt;
        }
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return args;
}

}  // namespace

Match matchRoute(std::string_view method, std::string_view path) {
    Match match;
    for (const Route& route : kRoutes) {
        auto args = matchPath(route.pattern, path);
        if (!args) continue;
        match.path_known = true;
        if (route.method != method) continue;
        match.route = &route;
        match.args = std::move(*args);
        return match;
    }
    return match;
}

}  // namespace vendor::checkr::simulator
