// expect: a flow may await a Request, all(...), ask(...), waitUntil(...) or a Task<T>
#include <hubsdk/cpp/flow.hpp>

hubsdk::Flow inner() { co_return hubsdk::done(); }
hubsdk::Flow wrong() {
    co_await inner();
    co_return hubsdk::done();
}
