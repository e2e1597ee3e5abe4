/// Shape 4: a request signed with AWS Signature Version 4. Time and key are the host's; the plugin
/// says how they are combined ("Create a signed AWS API request", AWS General Reference).
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

constexpr std::string_view kHashOfEmptyBody =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string scope(const Account& account) {
    return "/" + std::string(account.text("region")) + "/service/aws4_request";
}

Piece hmac(Pieces key, Piece message) {
    return piece::sign("hmac-sha256", std::move(key), {std::move(message)});
}

Piece signingKey(const Account& account) {
    const Piece date =
        hmac({piece::text("AWS4"), piece::secret("secret_key")}, piece::stamp("date"));
    const Piece region = hmac({date}, piece::text(std::string(account.text("region"))));
    return hmac({hmac({region}, piece::text("service"))}, piece::text("aws4_request"));
}

Piece textToSign(const Account& account) {
    const std::string head = "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:";
    const std::string tail = "\n\nhost;x-amz-date\n" + std::string(kHashOfEmptyBody);
    const Pieces request{piece::text(head), piece::stamp("basic"), piece::text(tail)};
    return piece::join({piece::text("AWS4-HMAC-SHA256\n"), piece::stamp("basic"), piece::text("\n"),
                        piece::stamp("date"), piece::text(scope(account) + "\n"),
                        piece::escaped(piece::hash("sha256", request), "hex")});
}

Pieces authorization(const Account& account) {
    const std::string key_id(account.text("access_key_id"));
    const Piece signature = hmac({signingKey(account)}, textToSign(account));
    return {piece::text("AWS4-HMAC-SHA256 Credential=" + key_id + "/"), piece::stamp("date"),
            piece::text(scope(account) + ", SignedHeaders=host;x-amz-date, Signature="),
            piece::escaped(signature, "hex")};
}

Flow testAccount(const Account& account) {
    Request request = get("test", "/").header("X-Amz-Date", Pieces(1, piece::stamp("basic")));
    Reply reply = co_await std::move(request).header("Authorization", authorization(account));
    co_return done().result(R"({"ok":true})");
}

struct SignedRequest {
    static Defaults defaults(const Account&) { return {"example.amazonaws.com", "", {}}; }
    static constexpr auto kFlows = flowTable(flow<testAccount>("account.test"));
};

}  // namespace

HUB_EXPORT_PLUGIN(SignedRequest)
