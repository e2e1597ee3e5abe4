#include "hub/security/pieces.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <hubsdk/cpp/text.hpp>

#include "hub/security/digest.hpp"
#include "hub/security/signature.hpp"

namespace hub::security {
namespace {

using hubsdk::Error;
using hubsdk::ErrorCode;
using hubsdk::makeError;
using hubsdk::Piece;
using hubsdk::Pieces;
using hubsdk::Result;
using hubsdk::SliceOf;

Error invalid(std::string message) { return makeError(ErrorCode::kInvalid, std::move(message)); }

// Puts where it happened in front of where it happened inside.
Error at(Error error, const std::string& outer) {
    error.path = outer + error.path;
    return error;
}

// ---- stamps

std::string formatted(const char* format, const std::tm& time) {
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &time)};
}

// RFC 9110 section 5.6.7 wants English names whatever the locale says.
std::string rfc1123(const std::tm& time) {
    static constexpr std::array<const char*, 7> kDays{"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string day = kDays[static_cast<std::size_t>(time.tm_wday)];
    const std::string month = kMonths[static_cast<std::size_t>(time.tm_mon)];
    return day + formatted(", %d ", time) + month + formatted(" %Y %H:%M:%S GMT", time);
}

Result<std::string> stampText(std::string_view format, std::int64_t at_ms) {
    if (format == "unix_ms") return std::to_string(at_ms);
    const std::time_t seconds = at_ms / 1000;
    if (format == "unix") return std::to_string(seconds);
    std::tm time{};
    gmtime_r(&seconds, &time);
    if (format == "iso8601") return formatted("%Y-%m-%dT%H:%M:%SZ", time);
    if (format == "basic") return formatted("%Y%m%dT%H%M%SZ", time);
    if (format == "date") return formatted("%Y%m%d", time);
    if (format == "rfc1123") return rfc1123(time);
    return invalid("is none of unix, unix_ms, iso8601, basic, date, rfc1123");
}

// ---- escapes

Result<std::string> xmlEscaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&apos;";
                break;
            // As references, because an attribute would turn the plain characters into blanks.
            case '\t':
                out += "&#9;";
                break;
            case '\n':
                out += "&#10;";
                break;
            case '\r':
                out += "&#13;";
                break;
            default:
                if (static_cast<unsigned char>(c) < 0x20) {
                    return invalid("xml cannot hold a control character");
                }
                out += c;
        }
    }
    return out;
}

// The inside of a JSON string. The writer replaces what is not UTF-8; a changed secret would only
// show as a refusal of the vendor, so it is refused here.
Result<std::string> jsonEscaped(std::string_view text) {
    const std::string quoted = hubsdk::quoted(text);
    const auto back = hubsdk::JsonDocument::parse(quoted);
    if (!back || back->root().text() != text) return invalid("json can only hold UTF-8");
    return quoted.substr(1, quoted.size() - 2);
}

using Escape = Result<std::string> (*)(std::string_view);
struct EscapeRow {
    std::string_view name;
    Escape apply;
};
constexpr std::array<EscapeRow, 6> kEscapes{{
    {"xml", &xmlEscaped},
    {"json", &jsonEscaped},
    {"form", [](std::string_view t) -> Result<std::string> { return hubsdk::percentEncoded(t); }},
    {"base64", [](std::string_view t) -> Result<std::string> { return base64Encode(t); }},
    {"base64url", [](std::string_view t) -> Result<std::string> { return base64UrlEncode(t); }},
    {"hex", [](std::string_view t) -> Result<std::string> { return hexEncode(t); }},
}};

Result<std::string> escaped(std::string text, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        const EscapeRow* found = nullptr;
        for (const EscapeRow& row : kEscapes) {
            if (row.name == names[i]) found = &row;
        }
        const std::string where = ".escape[" + std::to_string(i) + "]";
        if (found == nullptr) {
            return at(invalid("is none of xml, json, form, base64, base64url, hex"), where);
        }
        auto next = found->apply(text);
        wipe(text);
        if (!next) return at(std::move(next).error(), where);
        text = std::move(next).value();
    }
    return text;
}

// ---- hashes and signatures

struct HashRow {
    std::string_view name;
    HashAlg alg;
};
constexpr std::array<HashRow, 3> kHashes{
    {{"sha1", HashAlg::kSha1}, {"sha256", HashAlg::kSha256}, {"sha512", HashAlg::kSha512}}};
constexpr std::array<HashRow, 3> kHmacs{{{"hmac-sha1", HashAlg::kSha1},
                                         {"hmac-sha256", HashAlg::kSha256},
                                         {"hmac-sha512", HashAlg::kSha512}}};
struct SignRow {
    std::string_view name;
    SignatureScheme scheme;
};
constexpr std::array<SignRow, 3> kSignatures{
    {{"rsa-sha256", SignatureScheme::kRsaSha256},
     {"ed25519", SignatureScheme::kEd25519},
     {"ecdsa-p256", SignatureScheme::kEcdsaP256Sha256Der}}};

Result<std::string> signedBy(std::string_view algorithm, std::string_view key,
                             std::string_view message) {
    if (key.empty()) return at(invalid("the key is empty"), ".key");
    for (const HashRow& row : kHmacs) {
        if (row.name == algorithm) return hmac(row.alg, key, message);
    }
    for (const SignRow& row : kSignatures) {
        if (row.name != algorithm) continue;
        const bool is_seed = row.scheme == SignatureScheme::kEd25519 && key.size() == 32;
        auto parsed = is_seed ? Key::ed25519Private(key) : Key::privateFromPem(key);
        if (!parsed) return at(invalid("is no private key of this kind"), ".key");
        auto made = sign(row.scheme, *parsed, message);
        if (!made) return at(invalid("is no private key of this kind"), ".key");
        return made;
    }
    return at(invalid("is none of hmac-sha1, hmac-sha256, hmac-sha512, rsa-sha256, ed25519, "
                      "ecdsa-p256"),
              ".sign");
}

// ---- slices

std::string_view cut(std::string_view bytes, const hubsdk::Slice& slice) {
    const auto from = static_cast<std::size_t>(slice.from.value_or(0));
    if (from >= bytes.size()) return {};
    if (!slice.size) return bytes.substr(from);
    return bytes.substr(from, static_cast<std::size_t>(*slice.size));
}

std::string_view headerBytes(const std::vector<hubsdk::Header>& headers, std::string_view name,
                             std::string& joined) {
    const std::string* only = nullptr;
    for (const hubsdk::Header& header : headers) {
        if (!hubsdk::equalNoCase(header.name, name)) continue;
        if (only == nullptr) {
            only = &header.value;
            continue;
        }
        if (joined.empty()) joined = *only;
        joined += ", " + header.value;
    }
    if (!joined.empty()) return joined;
    return only == nullptr ? std::string_view() : std::string_view(*only);
}

std::string_view queryBytes(std::string_view query, std::string_view name, std::string& decoded) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        const std::size_t equals = pair.find('=');
        if (hubsdk::percentDecoded(pair.substr(0, equals), hubsdk::PlusSign::kBlank) != name)
            continue;
        if (equals == std::string_view::npos) return {};
        decoded = hubsdk::percentDecoded(pair.substr(equals + 1), hubsdk::PlusSign::kBlank);
        return decoded;
    }
    return {};
}

std::string_view inputBytes(const hubsdk::Slice& slice, const PieceContext& context,
                            std::string& buffer) {
    const std::string_view name = slice.name ? std::string_view(*slice.name) : std::string_view();
    if (slice.of == SliceOf::kReply) {
        const std::string_view* reply = context.reply ? context.reply(name) : nullptr;
        return reply == nullptr ? std::string_view() : *reply;
    }
    if (context.delivery == nullptr) return {};
    switch (slice.of) {
        case SliceOf::kBody:
            return context.delivery->body.bytes;
        case SliceOf::kPath:
            return context.delivery->path;
        case SliceOf::kHeader:
            return headerBytes(context.delivery->headers, name, buffer);
        default:
            return queryBytes(context.delivery->query, name, buffer);
    }
}

// ---- the walk

class Assembler {
public:
    explicit Assembler(PieceContext& context) : context_(context) {}

    Result<std::string> join(const Pieces& pieces) {
        if (++depth_ > kPieceDepthMax) {
            return makeError(ErrorCode::kTooLarge, "pieces are nested too deep");
        }
        std::string out;
        for (std::size_t i = 0; i < pieces.size(); ++i) {
            auto bytes = one(pieces[i]);
            const std::string where = "[" + std::to_string(i) + "]";
            if (!bytes) {
                wipe(out);
                return at(std::move(bytes).error(), where);
            }
            if (out.size() + bytes->size() > kAssembledBytesMax) {
                wipe(out);
                return at(makeError(ErrorCode::kTooLarge, "the assembled bytes are too many"),
                          where);
            }
            out += *bytes;
            wipe(*bytes);
        }
        --depth_;
        return out;
    }

private:
    Result<std::string> one(const Piece& piece) {
        auto bytes = plain(piece);
        if (!bytes || piece.escape.empty()) return bytes;
        return escaped(std::move(bytes).value(), piece.escape);
    }

    Result<std::string> plain(const Piece& piece) {
        if (piece.text) return *piece.text;
        if (piece.secret) return secret(*piece.secret);
        if (piece.stamp) return named(stampText(*piece.stamp, context_.at_ms), ".stamp");
        if (piece.nonce) return nonce(*piece.nonce);
        if (piece.url) return url();
        if (piece.blob) return blob(*piece.blob);
        if (piece.slice) return slice(*piece.slice);
        if (piece.hash) return hashOf(piece);
        if (piece.sign) return signatureOf(piece);
        return named(join(piece.of), ".of");
    }

    static Result<std::string> named(Result<std::string> result, const std::string& member) {
        if (!result) return at(std::move(result).error(), member);
        return result;
    }

    Result<std::string> secret(const std::string& name) {
        if (context_.secrets != nullptr) {
            const auto found = context_.secrets->find(name);
            if (found != context_.secrets->end() && !found->second.empty()) {
                return found->second.front();
            }
        }
        return at(invalid("the account has no secret of this name"), ".secret");
    }

    Result<std::string> nonce(const std::string& name) {
        const auto found = context_.nonces.find(name);
        if (found != context_.nonces.end()) return found->second;
        constexpr std::size_t kNonceBytes = 16;
        std::string value =
            context_.make_nonce ? context_.make_nonce() : hexEncode(randomBytes(kNonceBytes));
        return context_.nonces.emplace(name, std::move(value)).first->second;
    }

    Result<std::string> url() const {
        if (context_.url.empty()) return at(invalid("the account has no public URL"), ".url");
        return std::string(context_.url);
    }

    Result<std::string> blob(const std::string& id) {
        if (!context_.blob) return at(invalid("no blob may be named here"), ".blob");
        return named(context_.blob(id), ".blob");
    }

    Result<std::string> slice(const hubsdk::Slice& slice) const {
        if (slice.from.value_or(0) < 0 || slice.size.value_or(0) < 0) {
            return at(invalid("from and size must not be negative"), ".slice");
        }
        std::string buffer;
        return std::string(sliceBytes(slice, context_, buffer));
    }

    Result<std::string> hashOf(const Piece& piece) {
        for (const HashRow& row : kHashes) {
            if (row.name != *piece.hash) continue;
            auto message = named(join(piece.of), ".of");
            if (!message) return message;
            std::string digest = hash(row.alg, *message);
            wipe(*message);
            return digest;
        }
        return at(invalid("is none of sha1, sha256, sha512"), ".hash");
    }

    Result<std::string> signatureOf(const Piece& piece) {
        auto key = named(join(piece.key), ".key");
        if (!key) return key;
        auto message = named(join(piece.of), ".of");
        if (message) {
            auto made = signedBy(*piece.sign, *key, *message);
            wipe(*message);
            message = std::move(made);
        }
        wipe(*key);
        return message;
    }

    PieceContext& context_;
    std::size_t depth_ = 0;
};

}  // namespace

std::string_view sliceBytes(const hubsdk::Slice& slice, const PieceContext& context,
                            std::string& decoded) {
    return cut(inputBytes(slice, context, decoded), slice);
}

Result<std::string> assemble(const Pieces& pieces, PieceContext& context) {
    return Assembler(context).join(pieces);
}

Result<std::string> assembleHeader(const Pieces& pieces, PieceContext& context) {
    auto value = assemble(pieces, context);
    if (!value) return value;
    if (value->find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos) return value;
    wipe(*value);
    return invalid("a header value must not hold CR, LF or NUL");
}

}  // namespace hub::security
