/// Shape 5: OAuth with a refresh token that rotates. Both tokens are captured from the reply before
/// it is journalled; the plugin never sees one.
#include <hubsdk/cpp/plugin.hpp>
#include <hubsdk/cpp/text.hpp>

namespace {

using namespace hubsdk;

Pieces refreshForm(const Account& account) {
    return {piece::text("grant_type=refresh_token&client_id=" +
                        percentEncoded(account.text("client_id")) + "&client_secret="),
            piece::escaped(piece::secret("client_secret"), "form"), piece::text("&refresh_token="),
            piece::escaped(piece::secret("refresh_token"), "form")};
}

Capture accessToken() {
    Capture capture;
    capture.at = "/access_token";
    capture.into = "access_token";
    capture.expires = "/expires_in";
    return capture;
}

Flow refreshToken(const Account& account) {
    Request request = post("token", "/oauth/token").host("login.vendor.example").withoutDefaults();
    request = std::move(request).form(refreshForm(account)).allow(400);
    request = std::move(request).capture(accessToken()).capture("/refresh_token", "refresh_token");
    Reply reply = co_await std::move(request);
    if (reply.status() == 400) {
        co_return failed(ErrorClass::kAuth, "the refresh token is no longer taken");
    }
    co_return done().result(R"({"token_type":)" + quoted(reply.text("/token_type")) + "}");
}

Flow testAccount() {
    Reply reply = co_await get("me", "/v1/me");
    co_return done().result(R"({"ok":true})");
}

struct OAuthRefresh {
    static Defaults defaults(const Account&) {
        Defaults all;
        all.host = "api.vendor.example";
        all.headers.push_back(
            {"Authorization", {piece::text("Bearer "), piece::secret("access_token")}});
        return all;
    }
    static constexpr auto kFlows =
        flowTable(flow<refreshToken>("auth.token"), flow<testAccount>("account.test"));
};

}  // namespace

HUB_EXPORT_PLUGIN(OAuthRefresh)
