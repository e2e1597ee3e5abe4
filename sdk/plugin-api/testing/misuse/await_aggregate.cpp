// expect: a flow may await a Request, all(...), ask(...), waitUntil(...) or a Task<T>
#include <hubsdk/cpp/flow.hpp>

struct Parts {
    std::string label;
    std::string path;
};

hubsdk::Flow wrong() {
    co_await Parts{"label", "/path"};
    co_return hubsdk::done();
}
