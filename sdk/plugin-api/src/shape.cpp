#include <hubsdk/cpp/shape.hpp>
#include <hubsdk/cpp/text.hpp>

namespace hubsdk::internal {

const char* formatProblem(Format format, std::string_view text) {
    switch (format) {
        case Format::kAny:
            return nullptr;
        case Format::kDate:
            return isDate(text) ? nullptr : "must be a date YYYY-MM-DD";
        case Format::kTimestamp:
            return timestampOf(text) ? nullptr : "must be a time YYYY-MM-DDTHH:MM:SSZ";
        case Format::kEmail: {
            const std::size_t at = text.find('@');
            const bool plausible = at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
                                   text.find('@', at + 1) == std::string_view::npos &&
                                   text.find_first_of(" \t\r\n") == std::string_view::npos;
            return plausible ? nullptr : "must be an e-mail address";
        }
    }
    return nullptr;
}

bool readValue(Json json, bool& value, const FieldRules&, ReadContext& context) {
    const auto truth = json.asBool();
    if (!truth) return context.fail("must be true or false");
    value = *truth;
    return true;
}

bool readValue(Json json, std::int64_t& value, const FieldRules&, ReadContext& context) {
    const auto number = json.asInt64();
    if (!number) return context.fail("must be a whole number");
    value = *number;
    return true;
}

bool readValue(Json json, double& value, const FieldRules&, ReadContext& context) {
    const auto number = json.asDouble();
    if (!number) return context.fail("must be a number");
    value = *number;
    return true;
}

bool readValue(Json json, std::string& value, const FieldRules& rules, ReadContext& context) {
    const auto text = json.asString();
    if (!text) return context.fail("must be a text");
    if (text->size() > rules.length_max) {
        return context.fail("is longer than " + std::to_string(rules.length_max) + " bytes");
    }
    if (const char* problem = formatProblem(rules.format, *text)) return context.fail(problem);
    value.assign(*text);
    return true;
}

bool readValue(Json json, Raw& value, const FieldRules&, ReadContext&) {
    value.json = toText(json);
    return true;
}

bool readValue(Json json, Body& value, const FieldRules&, ReadContext& context) {
    const auto index = json["blob"].asInt64();
    if (!index) return context.fail("must be {\"blob\": index}");
    if (*index < 0 || static_cast<std::size_t>(*index) >= context.blobs.size()) {
        return context.fail("names a blob that the call does not carry");
    }
    value.bytes = context.blobs[static_cast<std::size_t>(*index)];
    return true;
}

void writeTextRules(JsonWriter& out, const FieldRules& rules) {
    out.member("type", "string");
    if (rules.length_max != FieldRules{}.length_max) {
        out.member("maxLength", std::int64_t{rules.length_max});
    }
    switch (rules.format) {
        case Format::kAny:
            break;
        case Format::kDate:
            out.member("format", "date");
            break;
        case Format::kTimestamp:
            out.member("format", "date-time");
            break;
        case Format::kEmail:
            out.member("format", "email");
            break;
    }
}

}  // namespace hubsdk::internal
