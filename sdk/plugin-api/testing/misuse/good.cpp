// expect-success: the compiler and its flags are in order, so the other files fail for their reason
#include <hubsdk/cpp/plugin.hpp>

hubsdk::Task<std::string> part() {
    hubsdk::Reply reply = co_await hubsdk::get("part", "/part");
    co_return std::string(reply.body());
}
hubsdk::Flow submit(const hubsdk::Order& order) {
    hubsdk::Reply reply = co_await hubsdk::post("send", "/orders").json(order.id).keyed();
    std::string text = co_await part();
    text += reply.body();
    co_return hubsdk::done().result(std::move(text));
}
constexpr auto kFlows = hubsdk::flowTable(hubsdk::flow<submit>("order.submit"));
