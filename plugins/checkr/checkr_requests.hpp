/// What we send to Checkr: bodies, and what is checked before anything is sent.
#pragma once

#include <hubsdk/cpp/flow.hpp>

namespace vendor::checkr {

inline constexpr std::string_view kBasePath = "/v1";

/// Where the account lives: setting `environment`, production or staging.
[[nodiscard]] hubsdk::Defaults defaultsOf(const hubsdk::Account& account);

/// Requests with the account's API key: HTTP Basic, key as user name, empty password.
[[nodiscard]] hubsdk::Request apiGet(std::string label, std::string path);
[[nodiscard]] hubsdk::Request apiPost(std::string label, std::string path);
[[nodiscard]] hubsdk::Request apiDelete(std::string label, std::string path);

/// Refuses what the vendor would refuse after it has already made the candidate. Ends the flow with
/// class validation; the message names the field and never holds its value.
void checkOrder(const hubsdk::Order& order);

/// Body of POST /candidates. For a hosted invitation only what the vendor needs to write to the
/// person; for an own consent flow all of the applicant.
[[nodiscard]] std::string candidateBody(const hubsdk::Order& order);

/// Body of POST /invitations and of POST /reports.
[[nodiscard]] std::string orderBody(const hubsdk::Order& order, const hubsdk::Account& account,
                                    std::string_view candidate_id);

/// "/reports/{id}" with the id encoded for a path.
[[nodiscard]] std::string pathOf(std::string_view collection, std::string_view id);

}  // namespace vendor::checkr
