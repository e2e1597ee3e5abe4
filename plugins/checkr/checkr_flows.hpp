/// The conversations with Checkr, one coroutine per command of the manifest.
#pragma once

#include <hubsdk/cpp/flow.hpp>

namespace vendor::checkr {

/// Hosted: candidate and invitation. Own consent flow: candidate with all data and report.
hubsdk::Flow submitOrder(const hubsdk::Order& order, const hubsdk::Account& account);
/// Reads the report with all screenings, or the invitation while there is no report.
hubsdk::Flow refreshOrder(const hubsdk::Command& inputs);
/// Deletes the invitation; if the vendor has begun the report, stops that.
hubsdk::Flow cancelOrder(const hubsdk::Command& inputs);
/// Fetches the report as PDF into a blob.
hubsdk::Flow fetchReport(const hubsdk::Command& inputs);

/// All packages, one page per leg; the list grows in the leg's parameters.
hubsdk::Flow listPackages(const hubsdk::Command& inputs);
hubsdk::Flow testAccount(const hubsdk::Account& account);
/// Exchanges a code where there is one, then registers our webhook. Ends with the webhook's
/// id as cursor, which disconnectAccount takes.
hubsdk::Flow connectAccount(const hubsdk::Command& inputs, const hubsdk::Account& account);
hubsdk::Flow disconnectAccount(const hubsdk::Command& inputs);
hubsdk::Flow exchangeCode(const hubsdk::Command& inputs, const hubsdk::Account& account);
hubsdk::Flow revokeToken(const hubsdk::Account& account);

}  // namespace vendor::checkr
