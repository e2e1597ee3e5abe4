// expect: a flow may await a Request, all(...), ask(...), waitUntil(...) or a Task<T>
#include <hubsdk/cpp/flow.hpp>

hubsdk::Flow wrong() {
    const int value = co_await 7;
    co_return hubsdk::done().result(std::to_string(value));
}
