/// A plugin whose flows are data: it plays the steps of the parameters, or of the setting that is
/// named like its command. See flow_fixture.hpp for the steps.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

JsonDocument stepsOf(const Command& inputs, const Account& account) {
    const std::string given = inputs.parameters.json.empty()
                                  ? toText(account.settings()[inputs.command])
                                  : inputs.parameters.json;
    auto document = JsonDocument::parse(given);
    if (!document) throw FlowEnd(vendorError(ErrorClass::kValidation, document.error().text()));
    return std::move(document).value();
}

Capture captureOf(Json said) {
    Capture capture;
    capture.at = said["at"].text();
    capture.into = said["into"].text();
    capture.mode = said["mode"].text("replace");
    if (said["expires"].present()) capture.expires = std::string(said["expires"].text());
    return capture;
}

Request repeating(Request request, Json step) {
    const std::string_view rule = step["repeat"].text();
    if (rule == "safe") return std::move(request).safe();
    if (rule == "keyed") return std::move(request).keyed();
    if (rule == "look_up") return std::move(request).lookUp(step["after_ms"].asInt64().value_or(0));
    return request;
}

Request requestOf(Json step) {
    Request request(std::string(step["label"].text()), std::string(step["method"].text("POST")),
                    std::string(step["path"].text()));
    request = repeating(std::move(request), step);
    if (step["body"].present()) request = std::move(request).json(std::string(step["body"].text()));
    if (step["secret"].present()) {
        Pieces value;
        value.push_back(piece::secret(std::string(step["secret"].text())));
        request = std::move(request).header("X-Secret", std::move(value));
    }
    if (step["refresh"].present()) {
        Pieces form;
        form.push_back(piece::text("refresh_token="));
        form.push_back(piece::secret("refresh_token"));
        request = std::move(request).form(std::move(form));
    }
    for (const internal::JsonNode& node : step["capture"].items())
        request = std::move(request).capture(captureOf(Json(&node)));
    if (const auto bytes = step["to_blob"].asInt64()) request = std::move(request).toBlob(*bytes);
    if (step["host"].present()) request = std::move(request).host(std::string(step["host"].text()));
    if (const auto status = step["allow"].asInt64())
        request = std::move(request).allow(static_cast<int>(*status));
    if (const auto timeout = step["timeout_ms"].asInt64())
        request = std::move(request).timeout(*timeout);
    return request;
}

Request searchOf(Json step) { return get("search", std::string(step["search"].text("/search"))); }

Requests requestsOf(Json step) {
    std::vector<Request> requests;
    for (const internal::JsonNode& node : step["calls"].items())
        requests.push_back(requestOf(Json(&node)));
    return Requests(std::move(requests));
}

Observation observationOf(const Reply& reply) {
    Observation observation;
    const Json said = reply.json();
    observation.vendor_order_id = std::string(said["id"].text());
    observation.order_status = OrderStatus::kInProgress;
    return observation;
}

Observation documentOf(const Reply& reply, Json step) {
    Observation observation;
    ObservedDocument document;
    document.kind = step["kind"].text("report_pdf");
    document.content_type = "application/pdf";
    document.slice =
        reply.slice(step["from"].asInt64().value_or(0), step["size"].asInt64().value_or(0));
    if (step["decode"].present()) document.decode = std::string(step["decode"].text());
    observation.documents.push_back(std::move(document));
    return observation;
}

void tell(const Reply& reply, Json step) {
    if (step["observe"].present()) observe(observationOf(reply));
    if (step["document"].present()) observe(documentOf(reply, step["document"]));
    if (step["deliver"].present()) {
        const Json cut = step["deliver"];
        deliver(reply.cut(std::string(cut["key"].text()),
                          static_cast<std::size_t>(cut["from"].asInt64().value_or(0)),
                          static_cast<std::size_t>(cut["size"].asInt64().value_or(0))));
    }
}

Task<std::string> callOf(Json step) {
    Reply reply = co_await requestOf(step);
    std::string said;
    while (reply.lost()) {
        said += "lost ";
        Reply found = co_await searchOf(step);
        if (found.json()["found"].asBool().value_or(false)) co_return said + "found ";
        reply = co_await requestOf(step);
    }
    tell(reply, step);
    said += reply.label() + "=" + std::to_string(reply.status());
    if (reply.blob() != nullptr) said += " blob " + std::to_string(reply.blob()->size_bytes);
    if (step["show"].present()) said += " " + std::string(reply.body());
    co_return said + " ";
}

Flow played(const Command& inputs, const Account& account) {
    JsonDocument document = stepsOf(inputs, account);
    std::string said;
    for (const internal::JsonNode& node : document.root().items()) {
        const Json step(&node);
        const std::string_view what = step["do"].text("call");
        if (what == "call") {
            std::string one = co_await callOf(step);
            said += one;
        } else if (what == "all") {
            Replies replies = co_await requestsOf(step);
            for (const Reply& reply : replies) said += reply.label() + " ";
        } else if (what == "wait") {
            const std::int64_t until = now() + step["ms"].asInt64().value_or(0);
            co_await waitUntil("pause", until);
            said += "waited ";
        } else if (what == "ask") {
            std::string answer = co_await ask("question", std::string(step["what"].text()));
            said += answer + " ";
        } else if (what == "leg" && inputs.leg < step["legs"].asInt64().value_or(0)) {
            co_return nextLeg(inputs, "after " + std::to_string(inputs.leg));
        } else if (what == "fail") {
            co_return failed(ErrorClass::kValidation, "as asked");
        }
    }
    said += "at " + std::to_string(now() - inputs.started_at_ms);
    co_return done().result(quoted(said)).cursor(inputs.cursor.value_or(""));
}

struct Trial {
    static Defaults defaults(const Account&) {
        Defaults all;
        all.host = "api.trial.example";
        return all;
    }
    /// 418 stands for a vendor's own error that may be repeated but is the request's fault.
    static VendorError classify(const Reply& reply) {
        VendorError error = classifyByStatus(reply);
        if (reply.status() == 418) {
            error.error_class = ErrorClass::kConflict;
            error.retryable = true;
        }
        return error;
    }
    static constexpr auto kFlows = flowTable(
        flow<played>("account.connect"), flow<played>("account.test"), flow<played>("auth.token"),
        flow<played>("feed.sync"), flow<played>("order.cancel"), flow<played>("order.refresh"),
        flow<played>("order.submit"));
};

}  // namespace

HUB_EXPORT_PLUGIN(Trial)
