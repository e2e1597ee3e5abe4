/// Shape 6: the vendor asks for our packages and waits for the answer, which is signed.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

std::string packageList(const std::vector<HostPackage>& packages) {
    std::string text;
    JsonWriter writer(text);
    writer.beginArray();
    for (const HostPackage& package : packages) {
        writer.beginObject();
        writer.member("key", std::string_view(package.code));
        writer.member("label", std::string_view(package.vendor_package));
        writer.endObject();
    }
    writer.endArray();
    return text;
}

Answer answer(std::int64_t status, std::string body) {
    Answer all;
    all.status = status;
    all.body = {piece::text(std::move(body))};
    Piece signature = piece::sign("hmac-sha256", {piece::secret("webhook_secret")}, all.body);
    all.headers.push_back({"Content-Type", {piece::text("application/json")}});
    all.headers.push_back({"X-Signature", {piece::escaped(std::move(signature), "hex")}});
    return all;
}

Flow answerPackages(const Delivery& delivery) {
    auto question = JsonDocument::parse(delivery.body.bytes);
    if (!question) co_return done().answering(answer(400, R"({"error":"no JSON"})"));
    const std::string packages = co_await ask("packages", "packages");
    const auto list = readShape<std::vector<HostPackage>>(packages);
    if (!list) co_return failed(ErrorClass::kInternal, list.error().text());
    co_return done().answering(answer(200, packageList(*list)));
}

struct InboundAnswer {
    static Claim claim(const Delivery&, Json) {
        Claim claim;
        Proof& proof = claim.proofs.emplace_back();
        proof.algorithm = "hmac-sha256";
        proof.message = {piece::body()};
        proof.presented = {piece::header("X-Signature")};
        proof.secrets = {"webhook_secret"};
        return claim;
    }
    static Defaults defaults(const Account&) { return {}; }
    static constexpr auto kFlows = flowTable(flow<answerPackages>("inbound.request"));
};

}  // namespace
HUB_EXPORT_PLUGIN(InboundAnswer)
