// The streaming reader: libxml2's SAX2 interface under the rules of docs/adr/0007-xml-readers.md.
#include <array>
#include <exception>
#include <limits>
#include <memory>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <hubsdk/cpp/xml.hpp>

#include "fault.hpp"
#include "prepare.hpp"

namespace hubsdk::xml {

namespace {

// Never NOENT, DTDLOAD, DTDATTR, XINCLUDE or HUGE (rule 1). IGNORE_ENC: the text is UTF-8 already.
constexpr int kParserOptions = XML_PARSE_NONET | XML_PARSE_IGNORE_ENC;

struct FreeContext {
    void operator()(xmlParserCtxtPtr context) const {
        if (context->myDoc != nullptr) xmlFreeDoc(context->myDoc);
        xmlFreeParserCtxt(context);
    }
};
using Context = std::unique_ptr<xmlParserCtxt, FreeContext>;

std::string_view view(const xmlChar* text) {
    return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

struct KnownFault {
    int code;
    std::string_view message;
};
// The common ones by name; libxml2's own messages quote the document.
constexpr KnownFault kKnownFaults[] = {
    {XML_ERR_TAG_NAME_MISMATCH, "start and end tag differ"},
    {XML_ERR_TAG_NOT_FINISHED, "the document ends inside an element"},
    {XML_ERR_DOCUMENT_END, "content after the root element"},
    {XML_ERR_DOCUMENT_EMPTY, "the document does not start with an element"},
    {XML_ERR_INVALID_CHAR, "a character that XML forbids"},
    {XML_ERR_INVALID_CHARREF, "a reference to a character that XML forbids"},
    {XML_ERR_UNDECLARED_ENTITY, "an entity that is not declared"},
    {XML_ERR_ATTRIBUTE_REDEFINED, "an attribute twice in one element"},
    {XML_NS_ERR_UNDEFINED_NAMESPACE, "a namespace prefix that is not declared"},
};

std::string describe(int code, int line) {
    std::string text = "libxml2 error " + std::to_string(code);
    for (const KnownFault& known : kKnownFaults) {
        if (known.code == code) text = known.message;
    }
    return "not well-formed, line " + std::to_string(line) + ": " + text;
}

// Without NOENT, libxml2 hands every '&' of an attribute value on as "&#38;".
std::string unescapeAmpersands(std::string_view value) {
    constexpr std::string_view kReference = "&#38;";
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size();) {
        const bool reference = value.compare(i, kReference.size(), kReference) == 0;
        out += value[i];
        i += reference ? kReference.size() : 1;
    }
    return out;
}

class StreamingPass {
public:
    StreamingPass(const Limits& limits, Handler* handler) : limits_(limits), handler_(handler) {}

    Result<void> run(const std::string& text) {
        if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
            return limitFault("bytes of the document", limits_.document_bytes_max);
        }
        const Context context(
            xmlCreateMemoryParserCtxt(text.data(), static_cast<int>(text.size())));
        if (context == nullptr) return makeError(ErrorCode::kInternal, "libxml2 gave no context");
        context_ = context.get();
        xmlCtxtUseOptions(context_, kParserOptions);
        *context_->sax = callbacks();
        context_->userData = this;
        xmlParseDocument(context_);
        if (thrown_) std::rethrow_exception(thrown_);
        if (!fault_.ok()) return fault_;
        if (context_->wellFormed == 0 || context_->nsWellFormed == 0) {
            return schemaFault(describe(first_error_, first_error_line_));
        }
        return {};
    }

private:
    static xmlSAXHandler callbacks() {
        xmlSAXHandler sax{};
        sax.initialized = XML_SAX2_MAGIC;
        sax.internalSubset = &StreamingPass::onDoctype;
        sax.startElementNs = &StreamingPass::onStart;
        sax.endElementNs = &StreamingPass::onEnd;
        sax.characters = &StreamingPass::onText;
        sax.ignorableWhitespace = &StreamingPass::onText;
        sax.cdataBlock = &StreamingPass::onText;
        sax.serror = &StreamingPass::onError;
        return sax;
    }

    static StreamingPass& self(void* user) { return *static_cast<StreamingPass*>(user); }

    // Runs one event. Nothing may be thrown through libxml2's C frames, so it waits in `thrown_`.
    template <class Event>
    void guarded(Event event) noexcept {
        if (stopped_) return;
        try {
            fault_ = event();
        } catch (...) {
            thrown_ = std::current_exception();
        }
        if (fault_.ok() && !thrown_) return;
        stopped_ = true;
        xmlStopParser(context_);
    }

    static void onDoctype(void* user, const xmlChar*, const xmlChar*, const xmlChar*) {
        self(user).guarded([]() -> Result<void> {
            return unsafeFault("a document type declaration is not accepted");
        });
    }

    // The signature is libxml2's.
    // NOLINTNEXTLINE(readability-function-size)
    static void onStart(void* user, const xmlChar* name, const xmlChar*, const xmlChar* uri, int,
                        const xmlChar**, int attribute_count, int, const xmlChar** attributes) {
        self(user).guarded([&] {
            return self(user).start(view(name), view(uri),
                                    {attributes, static_cast<std::size_t>(attribute_count) * 5});
        });
    }

    static void onEnd(void* user, const xmlChar* name, const xmlChar*, const xmlChar*) {
        self(user).guarded([&] { return self(user).end(view(name)); });
    }

    static void onText(void* user, const xmlChar* text, int length) {
        self(user).guarded([&] {
            return self(user).text(
                {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
        });
    }

    static void onError(void* user, xmlErrorPtr error) {
        StreamingPass& pass = self(user);
        if (error->level < XML_ERR_ERROR || pass.first_error_ != XML_ERR_OK) return;
        pass.first_error_ = error->code;
        pass.first_error_line_ = error->line;
    }

    Result<void> start(std::string_view name, std::string_view uri,
                       std::span<const xmlChar*> attributes) {
        if (open_.empty()) {
            if (auto expected = checkRootNamespace(limits_, uri); !expected.ok()) return expected;
        }
        // The scan before the parser has counted all this; counted again, because that scan and
        // this parser are different programs.
        if (open_.size() + 1 > limits_.depth_max) {
            return limitFault("nested elements", limits_.depth_max);
        }
        if (++elements_ > limits_.elements_max) return limitFault("elements", limits_.elements_max);
        open_.push_back({0, textLimitOf(limits_, name)});
        if (attributes.size() / 5 > limits_.attributes_max) {
            return limitFault("attributes of one element", limits_.attributes_max);
        }
        return handler_ == nullptr ? Result<void>() : deliverStart(name, uri, attributes);
    }

    // libxml2 gives five pointers per attribute: name, prefix, URI, value, end of value.
    Result<void> deliverStart(std::string_view name, std::string_view uri,
                              std::span<const xmlChar*> attributes) {
        values_.clear();
        views_.clear();
        values_.reserve(attributes.size() / 5);  // no reallocation: the views point into it
        for (std::size_t i = 0; i + 4 < attributes.size(); i += 5) {
            const auto length = static_cast<std::size_t>(attributes[i + 4] - attributes[i + 3]);
            values_.push_back(
                unescapeAmpersands({reinterpret_cast<const char*>(attributes[i + 3]), length}));
            views_.push_back({view(attributes[i]), view(attributes[i + 2]), values_.back()});
        }
        return handler_->startElement({name, uri, views_});
    }

    Result<void> text(std::string_view piece) {
        if (open_.empty()) return {};
        OpenElement& element = open_.back();
        element.text_bytes += piece.size();
        if (element.text_bytes > element.text_bytes_max) {
            return limitFault("bytes of text in one element", element.text_bytes_max);
        }
        return handler_ == nullptr ? Result<void>() : handler_->text(piece);
    }

    Result<void> end(std::string_view name) {
        open_.pop_back();
        return handler_ == nullptr ? Result<void>() : handler_->endElement(name);
    }

    struct OpenElement {
        std::size_t text_bytes = 0;
        std::size_t text_bytes_max = 0;
    };

    const Limits& limits_;
    Handler* handler_;
    xmlParserCtxtPtr context_ = nullptr;
    bool stopped_ = false;
    Result<void> fault_;
    std::exception_ptr thrown_;
    int first_error_ = XML_ERR_OK;
    int first_error_line_ = 0;
    std::size_t elements_ = 0;
    std::vector<OpenElement> open_;
    std::vector<std::string> values_;
    std::vector<AttributeView> views_;
};

}  // namespace

Result<void> stream(const std::string& text, const Limits& limits, Handler* handler) {
    return StreamingPass(limits, handler).run(text);
}

Result<void> readStreaming(std::string_view bytes, const Limits& limits, Handler& handler) {
    const auto text = prepare(bytes, limits);
    if (!text.ok()) return text.error();
    return stream(*text, limits, &handler);
}

}  // namespace hubsdk::xml
