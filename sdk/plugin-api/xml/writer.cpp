#include <algorithm>
#include <cassert>
#include <utility>

#include <hubsdk/cpp/xml_writer.hpp>

#include "unicode.hpp"

namespace hubsdk::xml {

namespace {

struct Reference {
    char character;
    std::string_view text;
};
// CR everywhere, or a reader's line end normalisation would turn it into a newline.
constexpr Reference kTextReferences[] = {
    {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'\r', "&#13;"}};
constexpr Reference kAttributeReferences[] = {{'&', "&amp;"},  {'<', "&lt;"},   {'>', "&gt;"},
                                              {'\r', "&#13;"}, {'"', "&quot;"}, {'\n', "&#10;"},
                                              {'\t', "&#9;"}};
constexpr char32_t kReplacement = 0xFFFD;

template <std::size_t kCount>
std::string escape(std::string_view value, const Reference (&references)[kCount]) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size();) {
        const Decoded one = decodeUtf8(value, i);
        const char32_t c = one.code_point.value_or(kReplacement);
        const auto is_c = [c](const Reference& r) {
            return static_cast<char32_t>(static_cast<unsigned char>(r.character)) == c;
        };
        const auto* const reference =
            std::find_if(std::begin(references), std::end(references), is_c);
        if (reference != std::end(references)) {
            out += reference->text;
        } else if (isXmlChar(c)) {
            appendUtf8(out, c);
        }
        i += one.length;
    }
    return out;
}

[[maybe_unused]] bool isName(std::string_view name) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto is_name_char = [&](char c) {
        return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
    };
    return !name.empty() && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(), is_name_char);
}

}  // namespace

std::string escapeText(std::string_view value) { return escape(value, kTextReferences); }

std::string escapeAttribute(std::string_view value) { return escape(value, kAttributeReferences); }

XmlWriter::XmlWriter() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

void XmlWriter::closeStartTag() {
    if (in_start_tag_) out_ += '>';
    in_start_tag_ = false;
}

XmlWriter& XmlWriter::start(std::string_view name) {
    assert(isName(name));
    assert(!open_.empty() || !has_root_);
    closeStartTag();
    out_ += '<';
    out_ += name;
    open_.emplace_back(name);
    in_start_tag_ = true;
    has_root_ = true;
    return *this;
}

XmlWriter& XmlWriter::attribute(std::string_view name, std::string_view value) {
    assert(in_start_tag_ && isName(name));
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    out_ += escapeAttribute(value);
    out_ += '"';
    return *this;
}

XmlWriter& XmlWriter::text(std::string_view value) {
    assert(!open_.empty());
    if (value.empty()) return *this;
    closeStartTag();
    out_ += escapeText(value);
    return *this;
}

XmlWriter& XmlWriter::end() {
    assert(!open_.empty());
    if (in_start_tag_) {
        out_ += "/>";
    } else {
        out_ += "</";
        out_ += open_.back();
        out_ += '>';
    }
    in_start_tag_ = false;
    open_.pop_back();
    return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view value) {
    return start(name).text(value).end();
}

std::string XmlWriter::finish() && {
    assert(open_.empty() && has_root_);
    return std::move(out_);
}

}  // namespace hubsdk::xml
