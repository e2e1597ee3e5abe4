// expect: a flow takes Order, Delivery, Account and Command
#include <hubsdk/cpp/plugin.hpp>

hubsdk::Flow submit(const hubsdk::Observation&) { co_return hubsdk::done(); }
constexpr auto kFlows = hubsdk::flowTable(hubsdk::flow<submit>("order.submit"));
