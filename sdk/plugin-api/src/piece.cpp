#include <hubsdk/model/piece.hpp>

#include <hubsdk/cpp/text.hpp>

#include <algorithm>

namespace hubsdk {

const std::string* findHeader(const std::vector<Header>& headers, std::string_view name) {
    for (const Header& header : headers) {
        if (equalNoCase(header.name, name)) return &header.value;
    }
    return nullptr;
}

const std::string* findLink(const std::vector<Link>& links, std::string_view type) {
    for (const Link& link : links) {
        if (link.type == type) return &link.id;
    }
    return nullptr;
}

namespace piece {
namespace {

template <class Value>
Piece with(Value Piece::*member, Value value) {
    Piece piece;
    piece.*member = std::move(value);
    return piece;
}

Piece sliceOf(SliceOf of, std::optional<std::string> name, std::optional<std::int64_t> from,
              std::optional<std::int64_t> size) {
    Slice slice;
    slice.of = of;
    slice.name = std::move(name);
    slice.from = from;
    slice.size = size;
    return with(&Piece::slice, std::optional(slice));
}

}  // namespace

Piece text(std::string value) { return with(&Piece::text, std::optional(std::move(value))); }
Piece secret(std::string name) { return with(&Piece::secret, std::optional(std::move(name))); }
Piece stamp(std::string format) { return with(&Piece::stamp, std::optional(std::move(format))); }
Piece nonce(std::string name) { return with(&Piece::nonce, std::optional(std::move(name))); }
Piece accountUrl() { return with(&Piece::url, std::optional(true)); }
Piece blob(std::string id) { return with(&Piece::blob, std::optional(std::move(id))); }
Piece body() { return sliceOf(SliceOf::kBody, std::nullopt, std::nullopt, std::nullopt); }
Piece bodySlice(std::int64_t from, std::int64_t size) {
    return sliceOf(SliceOf::kBody, std::nullopt, from, size);
}
Piece header(std::string name) {
    return sliceOf(SliceOf::kHeader, std::move(name), std::nullopt, std::nullopt);
}
Piece query(std::string name) {
    return sliceOf(SliceOf::kQuery, std::move(name), std::nullopt, std::nullopt);
}
Piece hash(std::string algorithm, Pieces message) {
    Piece piece = with(&Piece::hash, std::optional(std::move(algorithm)));
    piece.of = std::move(message);
    return piece;
}
Piece sign(std::string algorithm, Pieces key, Pieces message) {
    Piece piece = with(&Piece::sign, std::optional(std::move(algorithm)));
    piece.key = std::move(key);
    piece.of = std::move(message);
    return piece;
}
Piece join(Pieces pieces) { return with(&Piece::of, std::move(pieces)); }
Piece escaped(Piece piece, std::string escape) {
    piece.escape.push_back(std::move(escape));
    return piece;
}

}  // namespace piece

std::vector<std::string> secretsIn(const Pieces& pieces) {
    std::vector<std::string> names;
    const auto add = [&names](std::vector<std::string> more) {
        names.insert(names.end(), more.begin(), more.end());
    };
    for (const Piece& piece : pieces) {
        if (piece.secret) names.push_back(*piece.secret);
        add(secretsIn(piece.key));
        add(secretsIn(piece.of));
    }
    return names;
}

namespace internal {

namespace {
bool isPlainText(const Piece& piece) { return piece.text && piece.escape.empty(); }
}  // namespace

bool readValue(Json json, Piece& value, const FieldRules& rules, ReadContext& context) {
    if (const auto text = json.asString()) {
        value.text.emplace(*text);
        return true;
    }
    if (!readValue<Piece>(json, value, rules, context)) return false;
    const auto kinds = value.text.has_value() + value.secret.has_value() + value.stamp.has_value() +
                       value.nonce.has_value() + value.url.has_value() + value.blob.has_value() +
                       value.slice.has_value() + value.hash.has_value() + value.sign.has_value();
    if (kinds > 1 || (kinds == 0 && value.of.empty())) {
        return context.fail(
            "must be exactly one of text, secret, stamp, nonce, url, blob, slice, "
            "hash, sign or of");
    }
    // A member that would be ignored could still be counted as covered by a signature.
    if (!value.of.empty() && kinds == 1 && !value.hash && !value.sign) {
        return context.fail("has `of`, which only a hash, a sign or a list has");
    }
    if (!value.key.empty() && !value.sign) return context.fail("has `key`, which only a sign has");
    return true;
}

void writeValue(WriteContext& context, const Piece& value) {
    if (isPlainText(value)) {
        return context.out.string(context.shown_max < Pii::kSensitive ? std::string_view("***")
                                                                      : *value.text);
    }
    context.out.beginObject();
    std::apply([&](const auto&... rows) { (writeField(context, value, rows), ...); },
               Shape<Piece>::kFields);
    context.out.endObject();
}

}  // namespace internal
}  // namespace hubsdk
