/// A plugin whose flows are data: it plays the steps of the parameters, or of the setting that is
/// named like its command. See flow_fixture.hpp for the steps.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

// A feed's parameters name the feed; its steps are in the settings.
JsonDocument stepsOf(const Command& inputs, const Account& account) {
    const bool from_settings =
        inputs.parameters.json.empty() || inputs.parameters.json.starts_with(R"({"feed")");
    const std::string given =
        from_settings ? toText(account.settings()[inputs.command]) : inputs.parameters.json;
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
    if (step["with_cursor"].present())
        request =
            std::move(request).query("since", FlowRun::current().inputs().cursor.value_or("start"));
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
    const Json said = reply.json();
    if (said["observation"].present()) {
        auto given = readShape<Observation>(toText(said["observation"]));
        if (!given) throw FlowEnd(vendorError(ErrorClass::kSchema, given.error().text()));
        return std::move(given).value();
    }
    Observation observation;
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
    if (step["records"].present()) {
        auto how = readShape<Records>(toText(step["records"]));
        if (!how) throw FlowEnd(vendorError(ErrorClass::kSchema, how.error().text()));
        deliver(reply.records("file", std::move(how).value()));
    }
    if (step["deliver"].present()) {
        const Json cut = step["deliver"];
        deliver(reply.cut(std::string(cut["key"].text()),
                          static_cast<std::size_t>(cut["from"].asInt64().value_or(0)),
                          static_cast<std::size_t>(cut["size"].asInt64().value_or(0))));
    }
}

std::vector<std::string> typesOf(Json list) {
    std::vector<std::string> types;
    for (const internal::JsonNode& node : list.items()) types.emplace_back(Json(&node).text());
    return types;
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
    std::string cursor = inputs.cursor.value_or("");
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
            std::string event = co_await waitUntil("pause", until, typesOf(step["wake_on"]));
            said += event.empty() ? "waited " : "woken by " + event + " ";
        } else if (what == "ask") {
            std::string answer = co_await ask("question", std::string(step["what"].text()));
            said += answer + " ";
        } else if (what == "leg" && inputs.leg < step["legs"].asInt64().value_or(0)) {
            co_return nextLeg(inputs, "after " + std::to_string(inputs.leg));
        } else if (what == "observe") {
            Observation observation;
            observation.vendor_order_id = "leg-" + std::to_string(inputs.leg);
            observe(std::move(observation));
        } else if (what == "move_cursor") {
            cursor += "+1";
        } else if (what == "fail") {
            co_return failed(ErrorClass::kValidation, "as asked");
        }
    }
    said += "at " + std::to_string(now() - inputs.started_at_ms);
    co_return done().result(quoted(said)).cursor(cursor);
}

struct Trial {
    /// A delivery's body is what the plugin makes of it.
    static Interpretation interpret(const Delivery& delivery, Json) {
        auto said = readShape<Interpretation>(delivery.body.bytes);
        if (said) return std::move(said).value();
        Interpretation wrong;
        wrong.observations.emplace_back().error =
            vendorError(ErrorClass::kSchema, said.error().text());
        return wrong;
    }
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
