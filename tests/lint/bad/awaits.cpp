// Every line that is marked must be found, and no other.
#include <hubsdk/cpp/flow.hpp>

Flow lists(const Order& order) {
    Reply a = co_await post("a", "/a").json(Body{order});  // bad
    Reply b = co_await get("b", "/b").allow({404});        // bad
    std::vector<Reply> all{co_await get("c", "/c")};       // bad
    co_await Request{"label", "GET", "/d"};                // bad
    Reply e = co_await                                     // bad
              get("e", "/e")
                  .allow(std::vector<int>{404});
    co_return done();
}

Flow conditions(bool fast) {
    Reply a = fast ? co_await get("a", "/a") : co_await get("b", "/b");  // bad
    Reply b = co_await get(fast ? "c" : "d", "/c");                      // bad
    if (co_await get("e", fast ? "/e" : "/f")) {                         // bad
        co_return done();
    }
    auto inner = [&]() -> Task<int> {
        co_return co_await number(fast ? 1 : 2);  // bad
    };
    co_yield std::pair{1, 2};                                             // bad
    Reply c = co_await post("g", "/g").json([&] { return 1; }, Body{1});  // bad
    co_return done();
}
