/// The twin's endpoints, each for one row of the table in routes.cpp. All of them expect the
/// world's mutex to be held.
#pragma once

#include "plugins/checkr/simulator/call.hpp"

namespace vendor::checkr::simulator {

[[nodiscard]] Answer createCandidate(Call& call);
[[nodiscard]] Answer listCandidates(Call& call);
[[nodiscard]] Answer getCandidate(Call& call);
[[nodiscard]] Answer updateCandidate(Call& call);

[[nodiscard]] Answer createInvitation(Call& call);
[[nodiscard]] Answer listInvitations(Call& call);
[[nodiscard]] Answer getInvitation(Call& call);
[[nodiscard]] Answer cancelInvitation(Call& call);

[[nodiscard]] Answer createReport(Call& call);
[[nodiscard]] Answer getReport(Call& call);
[[nodiscard]] Answer updateReport(Call& call);
[[nodiscard]] Answer completeReport(Call& call);
[[nodiscard]] Answer getEta(Call& call);
[[nodiscard]] Answer listAdverseItems(Call& call);
[[nodiscard]] Answer getScreening(Call& call);

[[nodiscard]] Answer listPackages(Call& call);
[[nodiscard]] Answer createWebhook(Call& call);
[[nodiscard]] Answer listWebhooks(Call& call);
[[nodiscard]] Answer getWebhook(Call& call);
[[nodiscard]] Answer deleteWebhook(Call& call);
[[nodiscard]] Answer getDocument(Call& call);
/// Ends the access token with which it is asked.
[[nodiscard]] Answer deauthorize(Call& call);

/// POST /oauth/tokens: needs no key, so no account.
[[nodiscard]] Answer exchangeToken(World& world, hubsdk::Json body);

inline constexpr std::string_view kDocumentHost = "documents.checkr.example";

/// GET on the host of pre-signed links. Refuses credentials.
[[nodiscard]] Answer download(World& world, const hub::http::Request& request);

}  // namespace vendor::checkr::simulator
