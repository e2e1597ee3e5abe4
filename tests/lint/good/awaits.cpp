// Everything here is fine: the lint must stay silent.
#include <hubsdk/cpp/flow.hpp>

#define TWO_LINES(x) (x ? 1 : 2)

struct Pair {
    int left = 0;
    int right{1};
};

Flow named(const Order& order) {
    const int number = order.tags.empty() ? 1'000 : 2;  // a list {1} and co_await in a comment
    std::vector<int> allowed{404, 409};
    Reply reply = co_await get("a?b{c}", "/a").allow(std::move(allowed));
    if (reply.status() == 404) {
        co_return failed(reply.lost() ? ErrorClass::kInternal : ErrorClass::kNotFound,
                         R"(co_await {} ?)");
    } else {
        Reply other = co_await get("other", "/b");
    }
    for (int i = 0; i < number; ++i) co_await get("turn", "/turn");
    const Pair pair{1, 2};
    const char question = '?';
    Reply last = co_await get("last", pathOf(pair, question));
    co_return done().result(Pair{1, 2}.left > 0 ? "1" : "2");
}

auto lambda = [](int x) -> Task<int> {
    const int y = x > 0 ? x : -x;
    co_return co_await twice(y);
};

Task<int> withLambda() {
    const int sum = co_await onPool([&] { return 7; });
    switch (sum) {
        case 1:
            co_await one();
            break;
        default:
            co_await pause([](int x) { return x; });
    }
    while (co_await more()) {
        Pair pair{1, 2};
    }
    co_return sum;
}
