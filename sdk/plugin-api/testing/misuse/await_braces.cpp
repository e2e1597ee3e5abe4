// expect: no matching function for call to
// Requests are moved one by one: they cannot come in a braced list.
#include <hubsdk/cpp/flow.hpp>

hubsdk::Flow wrong() {
    hubsdk::Requests both = hubsdk::all({hubsdk::get("a", "/a"), hubsdk::get("b", "/b")});
    hubsdk::Replies replies = co_await std::move(both);
    co_return hubsdk::done().result(std::string(replies[0].body()));
}
