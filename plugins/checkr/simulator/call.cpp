#include "plugins/checkr/simulator/call.hpp"

#include <hubsdk/cpp/text.hpp>

#include <charconv>

namespace vendor::checkr::simulator {

namespace {

using hubsdk::JsonWriter;

// vendors/checkr.md, Rate limit, paging: per_page 0..100, default 25.
constexpr std::size_t kPerPageDefault = 25;
constexpr std::size_t kPerPageMax = 100;
constexpr std::size_t kPageMax = 1'000'000;
constexpr std::string_view kListMark = "[]";

std::size_t numberOr(std::string_view text, std::size_t fallback, std::size_t max) {
    std::size_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = code == std::errc() && end == text.data() + text.size();
    return whole ? std::min(number, max) : fallback;
}

std::vector<std::pair<std::string, std::string>> readPairs(std::string_view encoded) {
    std::vector<std::pair<std::string, std::string>> pairs;
    while (!encoded.empty()) {
        const std::string_view pair = encoded.substr(0, encoded.find('&'));
        encoded.remove_prefix(std::min(pair.size() + 1, encoded.size()));
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
        if (pair.empty()) continue;
        pairs.emplace_back(hubsdk::percentDecoded(pair.substr(0, equals), hubsdk::PlusSign::kBlank),
                           hubsdk::percentDecoded(value, hubsdk::PlusSign::kBlank));
    }
    return pairs;
}

std::string formAsJson(std::string_view form) {
    std::map<std::string, std::vector<std::string>> values;
    for (auto& [name, value] : readPairs(form)) values[name].push_back(std::move(value));
    std::string text;
    JsonWriter out(text);
    out.beginObject();
    for (const auto& [name, list] : values) {
        if (!name.ends_with(kListMark)) {
            out.member(name, list.back());
            continue;
        }
        out.key(std::string_view(name).substr(0, name.size() - kListMark.size()));
        out.beginArray();
        for (const std::string& value : list) out.string(value);
        out.endArray();
    }
    out.endObject();
    return text;
}

/// The address of another page. The vendor has been seen to write the scheme http here.
std::string pageAddress(const Call& call, std::size_t number) {
    std::string address = "http://api.checkr.com" + call.request.path + "?";
    for (const auto& [name, value] : call.query) {
        if (name == "page") continue;
        address += hubsdk::percentEncoded(name) + "=" + hubsdk::percentEncoded(value) + "&";
    }
    return address + "page=" + std::to_string(number);
}

}  // namespace

Params readParams(std::string_view encoded) {
    Params params;
    for (auto& [name, value] : readPairs(encoded)) params[name] = std::move(value);
    return params;
}

std::string bodyAsJson(const hub::http::Request& request) {
    if (request.body.empty()) return "{}";
    const auto type = hub::http::find(request.headers, "content-type").value_or("");
    return type.starts_with("application/json") ? request.body : formAsJson(request.body);
}

std::string_view Call::param(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
}

Answer failure(int status, std::string_view text) {
    Answer answer;
    answer.status = status;
    answer.body = "{\"error\":" + hubsdk::quoted(text) + "}";
    return answer;
}

Answer invalid(const std::vector<std::string>& texts) {
    Answer answer;
    answer.status = 400;
    JsonWriter out(answer.body);
    out.beginObject();
    out.key("error");
    out.beginArray();
    for (const std::string& text : texts) out.string(text);
    out.endArray();
    out.endObject();
    return answer;
}

Answer notFound(std::string_view what) { return failure(404, std::string(what) + " not found"); }

Answer page(const Call& call, const std::vector<std::string>& items) {
    const std::size_t per_page = numberOr(call.param("per_page"), kPerPageDefault, kPerPageMax);
    const std::size_t number = std::max<std::size_t>(numberOr(call.param("page"), 1, kPageMax), 1);
    const std::size_t first = std::min((number - 1) * per_page, items.size());
    const std::size_t last = std::min(first + per_page, items.size());
    Answer answer;
    JsonWriter out(answer.body);
    out.beginObject();
    out.member("object", "list");
    out.key("data");
    out.beginArray();
    for (std::size_t i = first; i < last; ++i) out.raw(items[i]);
    out.endArray();
    const bool more = per_page > 0 && last < items.size();
    writeOptional(out, "next_href",
                  more ? OptionalText(pageAddress(call, number + 1)) : OptionalText());
    writeOptional(out, "previous_href",
                  number > 1 ? OptionalText(pageAddress(call, number - 1)) : OptionalText());
    out.member("count", static_cast<std::int64_t>(items.size()));
    out.endObject();
    return answer;
}

std::string listText(hubsdk::Json json) {
    return json.kind() == hubsdk::JsonKind::kArray ? hubsdk::toText(json) : std::string("[]");
}

}  // namespace vendor::checkr::simulator
