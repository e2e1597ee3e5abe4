// expect: a flow may await a Request, all(...), ask(...), waitUntil(...) or a Task<T>
// A named request would be left in two places: it has to be moved.
#include <hubsdk/cpp/flow.hpp>

hubsdk::Flow wrong() {
    hubsdk::Request request = hubsdk::get("label", "/path");
    hubsdk::Reply reply = co_await request;
    co_return hubsdk::done().result(std::string(reply.body()));
}
