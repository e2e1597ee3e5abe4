#include "sdk/plugin-api/src/flow_fixture.hpp"

#include <hubsdk/cpp/plugin.hpp>

namespace hubsdk::testing {

thread_local int begun = 0;
thread_local std::string other_label;
thread_local std::string other_path;
thread_local std::string other_body;

namespace {

Observation observed(std::string id) {
    Observation observation;
    observation.vendor_order_id = std::move(id);
    return observation;
}

std::string orDefault(const std::string& text, const char* fallback) {
    return text.empty() ? fallback : text;
}

Flow twoSteps() {
    ++begun;
    observe(observed("before"));
    const std::string label = orDefault(other_label, "first");
    const std::string path = orDefault(other_path, "/first");
    const std::string body = orDefault(other_body, R"({"a":1})");
    Reply first = co_await post(label, path).json(body).keyed();
    observe(observed("between"));
    Reply second = co_await get("second", "/second").query("id", first.text("/id"));
    co_return done().observing(observed(std::string(second.text("/id"))));
}

Flow oneStep() {
    Reply reply = co_await get("one", "/one").allow(404);
    if (reply.body() == "busy")
        co_return again(reply, vendorError(ErrorClass::kVendorUnavailable, "busy"));
    co_return done().result(std::to_string(reply.status()));
}

Flow threeAtOnce() {
    observe(observed("before"));
    Request a = get("a", "/a");
    Request b = get("b", "/b");
    Request c = get("c", "/c");
    Replies replies = co_await all(std::move(a), std::move(b), std::move(c));
    std::string labels;
    for (const Reply& reply : replies) labels += reply.label() + std::to_string(reply.status());
    co_return done().result(hubsdk::quoted(labels));
}

Flow asks() {
    const std::string packages = co_await ask("packages", "packages");
    const std::int64_t before = now();
    co_await waitUntil("pause", before + 60'000);
    co_return done().result("[" + packages + "," + std::to_string(now() - before) + "]");
}

Flow looksUp() {
    Reply order = co_await post("order", "/orders").json("{}").lookUp(5000);
    if (!order.lost()) co_return done().result("\"placed\"");
    Reply found = co_await get("search", "/orders");
    if (found.json().size() > 0) co_return done().result("\"found\"");
    Reply again = co_await post("order", "/orders").json("{}").lookUp(5000);
    co_return done().result(again.lost() ? "\"lost\"" : "\"placed again\"");
}

Flow leg(const Command& inputs) {
    const std::string cursor = inputs.cursor.value_or("1");
    Reply page = co_await get("page", "/pages").query("cursor", cursor);
    std::optional<std::string> next;
    if (const auto text = page.json()["next"].asString()) next = std::string(*text);
    co_return pages(inputs, std::move(next)).observing(observed("page " + cursor));
}

Task<std::string> idOf(std::string label) {
    Reply reply = co_await get(label, "/" + label);
    co_return std::string(reply.text("/id"));
}
Task<std::string> both() {
    std::string left = co_await idOf("left");
    std::string right = co_await idOf("right");
    co_return left + right;
}
Flow usesTasks() {
    std::string ids = co_await both();
    co_return done().result(hubsdk::quoted(ids));
}
Task<int> throwing() {
    Reply reply = co_await get("t", "/t");
    throw std::runtime_error("deep inside");
    co_return reply.status();
}
Flow usesThrowing() {
    const int status = co_await throwing();
    co_return done().result(std::to_string(status));
}

Flow endsEarly() {
    throw FlowEnd(vendorError(ErrorClass::kValidation, "no e-mail"));
    co_return done();
}
Flow throwsStandard() {
    Reply reply = co_await get("one", "/one");
    throw std::out_of_range("index");
    co_return done().result(std::string(reply.body()));
}
Flow throwsAnything() {
    if (begun >= 0) throw 7;
    co_return done();
}
Flow neverEnds() {
    for (;;) co_await get("turn", "/turn");
}
Flow needsOrder(const Order& order, const Account& account, const Command& inputs) {
    std::string text = order.number + " " + std::string(account.text("region", "none")) + " " +
                       std::string(account.package(order.package)) + " " + inputs.command + " " +
                       id("key");
    co_return done().result(hubsdk::quoted(text));
}
Flow fetches() {
    Reply link = co_await get("link", "/link");
    Reply file = co_await download("file", link.text("/url")).toBlob(1000);
    co_return done().result(hubsdk::quoted(file.blob()->id));
}
Flow twoEagerTasks() {
    Task<std::string> left = idOf("left");
    Task<std::string> right = idOf("right");
    std::string ids = co_await std::move(left);
    ids += co_await std::move(right);
    co_return done().result(hubsdk::quoted(ids));
}

struct Sample {
    static Defaults defaults(const Account& account) {
        Defaults all;
        all.host = std::string(account.text("host", "vendor.example"));
        all.base_path = "/v1";
        Pieces key;
        key.push_back(piece::secret("api_key"));
        all.headers.push_back({"X-Key", std::move(key)});
        return all;
    }
    static constexpr auto kFlows = flowTable(
        flow<twoSteps>("order.refresh"), flow<oneStep>("account.test"),
        flow<threeAtOnce>("catalog.list"), flow<asks>("inbound.request"),
        flow<looksUp>("order.cancel"), flow<leg>("feed.sync"), flow<usesTasks>("payment.refresh"),
        flow<usesThrowing>("payment.cancel"), flow<endsEarly>("auth.token"),
        flow<throwsStandard>("auth.revoke"), flow<throwsAnything>("auth.exchange"),
        flow<neverEnds>("person.monitor"), flow<needsOrder>("order.submit"),
        flow<fetches>("order.report"), flow<twoEagerTasks>("identity.refresh"));
};

}  // namespace

Result<Action> advance(const AdvanceInput& input) {
    return internal::runFlow(Sample::kFlows, input, &Sample::defaults, &classifyByStatus);
}

ScriptedReply reply(std::string method, std::string path, std::string body, int status) {
    ScriptedReply row;
    row.method = std::move(method);
    row.path = std::move(path);
    row.body = std::move(body);
    row.status = status;
    return row;
}

ScriptedReply lostReply(std::string method, std::string path) {
    ScriptedReply row = reply(std::move(method), std::move(path), "");
    row.lost = true;
    return row;
}

Command command(std::string name) {
    Command all;
    all.command = std::move(name);
    return all;
}

Played play(std::string name, std::vector<ScriptedReply> script, PlayOptions options) {
    ScriptedTransport transport(advance, std::move(script), std::move(options));
    auto played = transport.playTwice(command(std::move(name)));
    EXPECT_TRUE(played) << played.error().text();
    Played all = played ? std::move(played).value() : Played();
    if (all.actions.empty()) all.actions.emplace_back();
    return all;
}

AdvanceInput answeredOnce() {
    AdvanceInput input;
    input.inputs = command("order.refresh");
    auto first = advance(input);
    const Call& call = first->calls.at(0);
    Entry& entry = input.journal.emplace_back();
    entry.label = call.label;
    entry.method = call.method;
    entry.host = call.host;
    entry.path = call.path;
    entry.body_hash = call.body_hash;
    entry.reply.emplace().status = 200;
    entry.reply->body = Body{R"({"id":"17"})"};
    return input;
}

}  // namespace hubsdk::testing
