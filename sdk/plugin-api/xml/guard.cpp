#include "guard.hpp"

#include <algorithm>
#include <vector>

#include "fault.hpp"
#include "unicode.hpp"

namespace hubsdk::xml {

namespace {

using namespace std::string_view_literals;

bool equalIgnoringCase(std::string_view text, std::string_view lower) {
    const auto same = [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    };
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), same);
}

bool declaresNamespace(std::string_view attribute) {
    return attribute == "xmlns"sv || attribute.starts_with("xmlns:"sv);
}

class Guard {
public:
    Guard(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

    Result<void> run() {
        while ((position_ = text_.find('<', position_)) != std::string_view::npos) {
            if (auto done = markup(); !done.ok()) return done;
        }
        if (elements_ == 0) return schemaFault("no root element");
        return {};
    }

private:
    Result<void> markup() {
        if (startsWith("<!"sv)) return exclamation();
        if (startsWith("<?"sv)) return instruction();
        if (startsWith("</"sv)) return endTag();
        return startTag();
    }

    Result<void> exclamation() {
        if (startsWith("<!--"sv)) return skipPast("-->"sv, 4, "comment without end"sv);
        if (startsWith("<![CDATA["sv)) return skipPast("]]>"sv, 9, "CDATA without end"sv);
        constexpr std::string_view kDoctype = "<!doctype"sv;
        if (equalIgnoringCase(text_.substr(position_, kDoctype.size()), kDoctype)) {
            return unsafeFault("a document type declaration is not accepted");
        }
        return schemaFault("unknown markup after '<!'");
    }

    Result<void> instruction() {
        // An XML declaration was already taken off: one here would be a second one, which a parser
        // might obey.
        const std::string_view target = text_.substr(position_ + 2, 3);
        const std::size_t after = position_ + 5;
        const bool whole = after >= text_.size() || isXmlSpace(text_[after]) || text_[after] == '?';
        if (whole && equalIgnoringCase(target, "xml"sv)) {
            return schemaFault("an XML declaration that is not at the start");
        }
        return skipPast("?>"sv, 2, "processing instruction without end"sv);
    }

    Result<void> endTag() {
        if (declared_at_depth_.empty()) return schemaFault("an end tag without start tag");
        namespaces_in_scope_ -= declared_at_depth_.back();
        declared_at_depth_.pop_back();
        return skipPast(">"sv, 2, "end tag without end"sv);
    }

    Result<void> startTag() {
        ++position_;
        if (skipName("/>"sv) == 0) return schemaFault("'<' without a name");
        if (++elements_ > limits_.elements_max)
            return limitFault("elements"sv, limits_.elements_max);
        if (declared_at_depth_.size() + 1 > limits_.depth_max) {
            return limitFault("nested elements"sv, limits_.depth_max);
        }
        std::size_t attributes = 0;
        std::size_t declared = 0;
        while (true) {
            const bool spaced = skipSpace();
            if (position_ >= text_.size()) return schemaFault("start tag without end");
            if (text_[position_] == '>' || text_[position_] == '/') break;
            if (!spaced) return schemaFault("attributes without white space between them");
            if (++attributes > limits_.attributes_max) {
                return limitFault("attributes of one element"sv, limits_.attributes_max);
            }
            if (auto done = attribute(declared); !done.ok()) return done;
        }
        return closeStartTag(declared);
    }

    Result<void> closeStartTag(std::size_t declared) {
        if (namespaces_in_scope_ + declared > limits_.namespaces_in_scope_max) {
            return limitFault("namespace declarations in scope"sv, limits_.namespaces_in_scope_max);
        }
        if (text_[position_] == '>') {
            namespaces_in_scope_ += declared;
            declared_at_depth_.push_back(declared);
            ++position_;
            return {};
        }
        if (!startsWith("/>"sv)) return schemaFault("'/' inside a start tag");
        position_ += 2;
        return {};
    }

    Result<void> attribute(std::size_t& declared) {
        const std::size_t name_begin = position_;
        const std::size_t name_length = skipName("=/>\"'"sv);
        if (name_length == 0) return schemaFault("attribute without a name");
        if (declaresNamespace(text_.substr(name_begin, name_length))) ++declared;
        skipSpace();
        if (!startsWith("="sv)) return schemaFault("attribute without a value");
        ++position_;
        skipSpace();
        if (!startsWith("\""sv) && !startsWith("'"sv))
            return schemaFault("attribute without quotes");
        const std::size_t end = text_.find(text_[position_], position_ + 1);
        if (end == std::string_view::npos) return schemaFault("attribute value without end");
        const std::string_view value = text_.substr(position_ + 1, end - position_ - 1);
        if (value.size() > limits_.attribute_bytes_max) {
            return limitFault("bytes of one attribute value"sv, limits_.attribute_bytes_max);
        }
        if (value.find('<') != std::string_view::npos)
            return schemaFault("'<' in an attribute value");
        position_ = end + 1;
        return {};
    }

    // Skips to white space, '<' or one of `stops`; returns how far.
    std::size_t skipName(std::string_view stops) {
        const std::size_t begin = position_;
        while (position_ < text_.size()) {
            const char c = text_[position_];
            if (isXmlSpace(c) || c == '<' || stops.find(c) != std::string_view::npos) break;
            ++position_;
        }
        return position_ - begin;
    }

    bool skipSpace() {
        const std::size_t begin = position_;
        while (position_ < text_.size() && isXmlSpace(text_[position_])) ++position_;
        return position_ != begin;
    }

    Result<void> skipPast(std::string_view end, std::size_t opening_length,
                          std::string_view fault) {
        const std::size_t found = text_.find(end, position_ + opening_length);
        if (found == std::string_view::npos) return schemaFault(fault);
        position_ = found + end.size();
        return {};
    }

    [[nodiscard]] bool startsWith(std::string_view prefix) const {
        return text_.compare(position_, prefix.size(), prefix) == 0;
    }

    std::string_view text_;
    const Limits& limits_;
    std::size_t position_ = 0;
    std::size_t elements_ = 0;
    std::size_t namespaces_in_scope_ = 0;
    std::vector<std::size_t> declared_at_depth_;  // one entry per open element
};

}  // namespace

Result<void> checkMarkup(std::string_view text, const Limits& limits) {
    return Guard(text, limits).run();
}

}  // namespace hubsdk::xml
