// The half of pieces.hpp that compares what a plugin asks for with its manifest.
#include "hub/security/pieces.hpp"

#include <algorithm>
#include <array>

#include <hubsdk/cpp/text.hpp>

namespace hub::security {
namespace {

using hubsdk::Call;
using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Manifest;
using hubsdk::Piece;
using hubsdk::Pieces;
using hubsdk::Result;

Error refused(std::string message, std::string path) {
    return makeError(ErrorCode::kForbidden, std::move(message), std::move(path));
}

Error invalid(std::string message, std::string path) {
    return makeError(ErrorCode::kInvalid, std::move(message), std::move(path));
}

std::string item(std::string_view list, std::size_t index) {
    return std::string(list) + "[" + std::to_string(index) + "]";
}

const hubsdk::SecretRule* ruleOf(const Manifest& manifest, std::string_view name) {
    const auto rule = std::ranges::find(manifest.secrets, name, &hubsdk::SecretRule::name);
    return rule == manifest.secrets.end() ? nullptr : &*rule;
}

bool allows(const hubsdk::SecretRule& rule, std::string_view place) {
    return std::ranges::find(rule.places, place) != rule.places.end();
}

// The manifest's word for a place; empty where no secret may stand.
std::string_view wordOf(Place place) {
    switch (place) {
        case Place::kHeader:
            return "header";
        case Place::kBody:
            return "body";
        case Place::kProof:
            return "proof";
        default:
            return {};
    }
}

enum class Covering : std::uint8_t { kPlain, kDigest };

class PlaceCheck {
public:
    PlaceCheck(const Manifest& manifest, Place place) : manifest_(manifest), place_(place) {}

    Result<void> list(const Pieces& pieces, const std::string& path, Covering covering) const {
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            auto checked = one(pieces[i], item(path, i), covering);
            if (!checked) return checked;
        }
        return {};
    }

private:
    Result<void> one(const Piece& piece, const std::string& path, Covering covering) const {
        if (piece.secret) {
            auto checked = secret(*piece.secret, path + ".secret", covering);
            if (!checked) return checked;
        }
        const bool digests = piece.hash.has_value() || piece.sign.has_value();
        const Covering inside = digests ? Covering::kDigest : covering;
        auto key = list(piece.key, path + ".key", Covering::kDigest);
        if (!key) return key;
        return list(piece.of, path + ".of", inside);
    }

    Result<void> secret(std::string_view name, const std::string& path, Covering covering) const {
        const hubsdk::SecretRule* rule = ruleOf(manifest_, name);
        if (rule == nullptr) return refused("is no secret of the manifest", path);
        if (place_ == Place::kUrl) return refused("a secret may not go into a URL", path);
        const std::string_view word = wordOf(place_);
        if (!word.empty() && allows(*rule, word)) return {};
        if (covering == Covering::kDigest) {
            if (allows(*rule, "sign")) return {};
            return refused("the manifest does not allow this secret in sign", path);
        }
        if (place_ == Place::kAnswer) return refused("a secret may not go into an answer", path);
        return refused("the manifest does not allow this secret in " + std::string(word), path);
    }

    const Manifest& manifest_;
    Place place_;
};

// RFC 9110 section 5.6.2
bool isToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

// What the host writes into the request itself; a plugin that set them could hide a second request.
constexpr std::array<std::string_view, 9> kHostHeaders{
    "host",    "connection",       "content-length", "transfer-encoding", "te", "trailer",
    "upgrade", "proxy-connection", "expect"};

Result<void> checkHeader(const hubsdk::PieceHeader& header, const std::string& path,
                         const Manifest& manifest) {
    if (!isToken(header.name)) return invalid("is no header name", path + ".name");
    for (const std::string_view name : kHostHeaders) {
        if (hubsdk::equalNoCase(name, header.name)) {
            return refused("is set by the host", path + ".name");
        }
    }
    for (std::size_t i = 0; i < header.value.size(); ++i) {
        const Piece& piece = header.value[i];
        if (!piece.text || !piece.escape.empty()) continue;
        if (piece.text->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            return invalid("must not hold CR, LF or NUL", item(path + ".value", i));
        }
    }
    return PlaceCheck(manifest, Place::kHeader)
        .list(header.value, path + ".value", Covering::kPlain);
}

bool isVisible(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<void> checkTarget(const Call& call, const Manifest& manifest) {
    if (call.transport != hubsdk::Transport::kHttp) {
        return makeError(ErrorCode::kUnsupported, "only http is offered", "transport");
    }
    if (!isToken(call.method)) return invalid("is no HTTP method", "method");
    const bool known = call.download
                           ? isDownloadHost(manifest, call.host)
                           : std::ranges::any_of(manifest.hosts, [&](const std::string& host) {
                                 return hubsdk::equalNoCase(host, call.host);
                             });
    if (!known) {
        return refused(
            call.download ? "is no download host of the manifest" : "is no host of the manifest",
            "host");
    }
    if (!call.path.starts_with('/') || !isVisible(call.path) ||
        call.path.find_first_of("?#") != std::string::npos) {
        return invalid("must begin with '/' and be encoded", "path");
    }
    if (!isVisible(call.query) || call.query.find('#') != std::string::npos) {
        return invalid("must be encoded", "query");
    }
    if (call.timeout_ms && (*call.timeout_ms <= 0 || *call.timeout_ms > kCallTimeoutMaxMs)) {
        return invalid("must be above zero and at most 120,000", "timeout_ms");
    }
    return {};
}

Result<void> checkContent(const Call& call, const Manifest& manifest) {
    for (std::size_t i = 0; i < call.headers.size(); ++i) {
        auto checked = checkHeader(call.headers[i], item("headers", i), manifest);
        if (!checked) return checked;
    }
    if (call.key_header && !isToken(*call.key_header)) {
        return invalid("is no header name", "key_header");
    }
    if (!call.parts.empty() && !call.body.empty()) {
        return invalid("stands beside a body", "parts");
    }
    const PlaceCheck body(manifest, Place::kBody);
    for (std::size_t i = 0; i < call.parts.size(); ++i) {
        const hubsdk::Part& part = call.parts[i];
        for (const std::string& text :
             {part.name, part.file_name.value_or(""), part.content_type.value_or("")}) {
            if (text.find_first_of(std::string_view("\r\n\"\0", 4)) != std::string::npos) {
                return invalid("must not hold CR, LF, NUL or a quote", item("parts", i));
            }
        }
        auto checked = body.list(part.value, item("parts", i) + ".value", Covering::kPlain);
        if (!checked) return checked;
    }
    return body.list(call.body, "body", Covering::kPlain);
}

// A bare call, and every download, carries no secret at all, not even signed.
Result<void> checkBare(const Call& call) {
    if (!call.download && call.credentials != "none") return {};
    for (std::size_t i = 0; i < call.headers.size(); ++i) {
        if (!hubsdk::secretsIn(call.headers[i].value).empty()) {
            return refused("a bare call carries no secret", item("headers", i) + ".value");
        }
    }
    if (!hubsdk::secretsIn(call.body).empty()) {
        return refused("a bare call carries no secret", "body");
    }
    for (std::size_t i = 0; i < call.parts.size(); ++i) {
        if (!hubsdk::secretsIn(call.parts[i].value).empty()) {
            return refused("a bare call carries no secret", item("parts", i) + ".value");
        }
    }
    return {};
}

Result<void> checkCaptures(const Call& call, const Manifest& manifest) {
    constexpr std::array<std::string_view, 3> kModes{"add", "replace", "transient"};
    for (std::size_t i = 0; i < call.captures.size(); ++i) {
        const hubsdk::Capture& capture = call.captures[i];
        const std::string path = item("capture", i);
        if (std::ranges::find(kModes, capture.mode) == kModes.end()) {
            return invalid("is none of add, replace, transient", path + ".mode");
        }
        // A transient capture goes to the waiting caller, not into the account.
        if (capture.mode == "transient") continue;
        const hubsdk::SecretRule* rule = ruleOf(manifest, capture.into);
        if (rule == nullptr || !allows(*rule, "capture")) {
            return refused("is no secret that the manifest lets capture", path + ".into");
        }
    }
    return {};
}

}  // namespace

bool isDownloadHost(const Manifest& manifest, std::string_view host) {
    return std::ranges::any_of(manifest.download_hosts, [&](std::string_view allowed) {
        if (!allowed.starts_with("*.")) return hubsdk::equalNoCase(allowed, host);
        const std::string_view suffix = allowed.substr(1);
        return host.size() > suffix.size() && suffix.size() > 1 && host.front() != '.' &&
               hubsdk::equalNoCase(host.substr(host.size() - suffix.size()), suffix);
    });
}

Result<void> checkPieces(const Pieces& pieces, const Manifest& manifest, Place place) {
    return PlaceCheck(manifest, place).list(pieces, "", Covering::kPlain);
}

Result<void> checkCall(const Call& call, const Manifest& manifest) {
    auto checked = checkTarget(call, manifest);
    if (checked) checked = checkContent(call, manifest);
    if (checked) checked = checkBare(call);
    if (checked) checked = checkCaptures(call, manifest);
    return checked;
}

}  // namespace hub::security
