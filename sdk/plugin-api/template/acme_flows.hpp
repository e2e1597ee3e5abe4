/// The conversations with Acme, one coroutine per command.
#pragma once

#include <hubsdk/cpp/flow.hpp>

namespace vendor::acme {

hubsdk::Flow testAccount(const hubsdk::Account& account);
hubsdk::Flow submitOrder(const hubsdk::Order& order, const hubsdk::Account& account);
hubsdk::Flow refreshOrder(const hubsdk::Command& inputs);
hubsdk::Flow cancelOrder(const hubsdk::Command& inputs);

/// Host, base path and the header with the key that every request to Acme carries.
[[nodiscard]] hubsdk::Defaults defaults(const hubsdk::Account& account);

}  // namespace vendor::acme
