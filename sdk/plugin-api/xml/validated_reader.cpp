// The XSD-validated reader: xerces-c with a preloaded, locked grammar and every door closed.
#include <utility>

#include <hubsdk/cpp/xml.hpp>
#include <xercesc/framework/MemBufInputSource.hpp>
#include <xercesc/framework/XMLGrammarPoolImpl.hpp>
#include <xercesc/framework/XMLValidityCodes.hpp>
#include <xercesc/parsers/SAX2XMLReaderImpl.hpp>
#include <xercesc/sax2/Attributes.hpp>
#include <xercesc/sax2/DefaultHandler.hpp>
#include <xercesc/util/OutOfMemoryException.hpp>
#include <xercesc/util/SecurityManager.hpp>
#include <xercesc/util/XMLUni.hpp>

#include "fault.hpp"
#include "prepare.hpp"
#include "tree.hpp"
#include "unicode.hpp"

namespace hubsdk::xml {

namespace xc = xercesc;

namespace {

// A second line only: without a document type declaration there are no entities to expand.
constexpr XMLSize_t kEntityExpansionsMax = 1;
constexpr std::size_t kPathNameShownMax = 64;
constexpr std::size_t kPathShownMax = 200;

// Ends a parse at its first violation; xerces lets foreign exceptions pass.
struct ParseStopped {};

static_assert(sizeof(XMLCh) == sizeof(char16_t));

std::string toUtf8(const XMLCh* units, std::size_t length) {
    std::string out;
    // A lone surrogate cannot come out of the UTF-8 that was put in.
    static_cast<void>(appendUtf16(out, {reinterpret_cast<const char16_t*>(units), length}));
    return out;
}

std::string toUtf8(const XMLCh* units) {
    return units == nullptr ? std::string() : toUtf8(units, xc::XMLString::stringLen(units));
}

struct KnownViolation {
    unsigned int code;
    std::string_view message;
};
// Our own words: those of xerces quote whole values, up to 300 KB and with personal data in them.
constexpr KnownViolation kKnownViolations[] = {
    {xc::XMLValid::ElementNotDefined, "an element that the schema does not know here"},
    {xc::XMLValid::GrammarNotFound, "a namespace that the schema does not know"},
    {xc::XMLValid::AttNotDefinedForElement, "an attribute that the schema does not know here"},
    {xc::XMLValid::RequiredAttrNotProvided, "a required attribute is missing"},
    {xc::XMLValid::ElementNotValidForContent, "an element in a wrong place, or one is missing"},
    {xc::XMLValid::NotEnoughElemsForCM, "a required element is missing at the end"},
    {xc::XMLValid::EmptyNotValidForContent, "a required element is missing"},
    {xc::XMLValid::NoCharDataInCM, "text where only elements may be"},
    {xc::XMLValid::DoesNotMatchEnumList, "a value that is not in the list"},
    {xc::XMLValid::DatatypeError, "a value that does not fit its type"},
    {xc::XMLValid::DatatypeValidationFailure, "a value that does not fit its type"},
    {xc::XMLValid::SimpleTypeHasChild, "an element inside a plain value"},
};

std::string describeViolation(unsigned int code, const XMLCh* domain, XMLFileLoc line) {
    std::string text = "not well-formed (xerces error " + std::to_string(code) + ")";
    if (xc::XMLString::equals(domain, xc::XMLUni::fgValidityDomain)) {
        text = "schema rule " + std::to_string(code);
        for (const KnownViolation& known : kKnownViolations) {
            if (known.code == code) text = known.message;
        }
    }
    return "line " + std::to_string(line) + ": " + text;
}

// Turns xerces' events into ours, and ends the parse at the first failure.
class EventSink final : public xc::DefaultHandler {
public:
    explicit EventSink(Handler* target) : target_(target) {}

    [[nodiscard]] const Result<void>& fault() const { return fault_; }

    [[noreturn]] void stop(Error error) {
        fault_ = std::move(error);
        throw ParseStopped{};
    }

    // The open elements, "A/B/C": names only, the innermost end kept.
    [[nodiscard]] std::string path() const {
        std::string path;
        for (const std::string& name : open_) {
            if (!path.empty()) path += '/';
            path += name.substr(0, kPathNameShownMax);
        }
        return path.size() <= kPathShownMax ? path : path.substr(path.size() - kPathShownMax);
    }

    void startDTD(const XMLCh* const, const XMLCh* const, const XMLCh* const) override {
        stop(unsafeFault("a document type declaration is not accepted"));
    }

    void startElement(const XMLCh* const uri, const XMLCh* const name, const XMLCh* const,
                      const xc::Attributes& attributes) override {
        open_.push_back(toUtf8(name));
        const std::string namespace_uri = toUtf8(uri);
        std::vector<std::string> texts;
        texts.reserve(attributes.getLength() * 3);  // no reallocation: the views point into it
        std::vector<AttributeView> views;
        const auto keep = [&texts](const XMLCh* text) -> std::string_view {
            return texts.emplace_back(toUtf8(text));
        };
        for (XMLSize_t i = 0; i < attributes.getLength(); ++i) {
            views.push_back({keep(attributes.getLocalName(i)), keep(attributes.getURI(i)),
                             keep(attributes.getValue(i))});
        }
        if (target_ != nullptr) check(target_->startElement({open_.back(), namespace_uri, views}));
    }

    void characters(const XMLCh* const units, const XMLSize_t length) override {
        if (target_ != nullptr) check(target_->text(toUtf8(units, length)));
    }

    void ignorableWhitespace(const XMLCh* const units, const XMLSize_t length) override {
        characters(units, length);
    }

    void endElement(const XMLCh* const, const XMLCh* const, const XMLCh* const) override {
        if (target_ != nullptr) check(target_->endElement(open_.back()));
        open_.pop_back();
    }

private:
    void check(Result<void> result) {
        if (!result.ok()) stop(std::move(result).error());
    }

    Handler* target_;
    Result<void> fault_;
    std::vector<std::string> open_;
};

// A xerces SAX2 reader with every door closed. It replaces xerces' error formatting, because that
// is what puts document values into messages.
class ValidatingReader final : public xc::SAX2XMLReaderImpl {
public:
    ValidatingReader(xc::XMLGrammarPool& pool, Handler* target)
        : SAX2XMLReaderImpl(xc::XMLPlatformUtils::fgMemoryManager, &pool), sink_(target) {
        security_.setEntityExpansionLimit(kEntityExpansionsMax);
        setFeature(xc::XMLUni::fgSAX2CoreNameSpaces, true);
        setFeature(xc::XMLUni::fgSAX2CoreValidation, true);
        setFeature(xc::XMLUni::fgXercesDynamic, false);
        setFeature(xc::XMLUni::fgXercesSchema, true);
        setFeature(xc::XMLUni::fgXercesLoadSchema, false);
        setFeature(xc::XMLUni::fgXercesUseCachedGrammarInParse, true);
        setFeature(xc::XMLUni::fgXercesLoadExternalDTD, false);
        setFeature(xc::XMLUni::fgXercesDisableDefaultEntityResolution, true);
        setFeature(xc::XMLUni::fgXercesContinueAfterFatalError, false);
        setProperty(xc::XMLUni::fgXercesSecurityManager, &security_);
        setContentHandler(&sink_);
        setLexicalHandler(&sink_);
        // Without a handler the scanner reports nothing at all, not even to `error` below.
        setErrorHandler(&sink_);
    }

    Result<void> run(const std::string& text) {
        xc::MemBufInputSource source(reinterpret_cast<const XMLByte*>(text.data()), text.size(),
                                     "document");
        source.setEncoding(xc::XMLUni::fgUTF8EncodingString);
        return guarded([&] { parse(source); });
    }

    /// Compiles into the pool this reader was made with.
    Result<void> compile(std::string_view xsd) {
        setFeature(xc::XMLUni::fgXercesSchemaFullChecking, true);
        xc::MemBufInputSource source(reinterpret_cast<const XMLByte*>(xsd.data()), xsd.size(),
                                     "schema");
        xc::Grammar* grammar = nullptr;
        auto done =
            guarded([&] { grammar = loadGrammar(source, xc::Grammar::SchemaGrammarType, true); });
        if (!done.ok()) return done;
        // A null grammar comes without any error.
        return grammar == nullptr ? Result<void>(schemaFault("no grammar")) : Result<void>();
    }

private:
    template <class Work>
    Result<void> guarded(Work work) {
        try {
            work();
        } catch (const ParseStopped&) {
            return sink_.fault();
        } catch (const xc::OutOfMemoryException&) {
            return makeError(ErrorCode::kInternal, "xerces ran out of memory");
        } catch (const xc::XMLException&) {
            return schemaFault("xerces could not read the document", sink_.path());
        } catch (const xc::SAXException&) {
            return schemaFault("xerces could not read the document", sink_.path());
        }
        return sink_.fault();
    }

    // The signature is xerces'.
    // NOLINTNEXTLINE(readability-function-size)
    void error(const unsigned int code, const XMLCh* const domain, const ErrTypes type,
               const XMLCh* const, const XMLCh* const, const XMLCh* const, const XMLFileLoc line,
               const XMLFileLoc) override {
        if (type == ErrType_Warning) return;
        sink_.stop(schemaFault(describeViolation(code, domain, line), sink_.path()));
    }

    EventSink sink_;
    xc::SecurityManager security_;
};

}  // namespace

struct Schema::Grammar {
    // Locked after loading: xerces then only reads it, from any number of threads.
    mutable xc::XMLGrammarPoolImpl pool{xc::XMLPlatformUtils::fgMemoryManager};
};

/// Lets the reader below reach the grammar without showing xerces in the public header.
struct SchemaAccess {
    static xc::XMLGrammarPool& poolOf(const Schema& schema) { return schema.grammar_->pool; }
};

Result<Schema> Schema::load(std::string_view xsd) {
    if (auto ready = requireLibraries(); !ready.ok()) return std::move(ready).error();
    auto grammar = std::make_shared<Grammar>();
    const auto compiled = ValidatingReader(grammar->pool, nullptr).compile(xsd);
    if (!compiled.ok()) {
        return makeError(ErrorCode::kInternal,
                         "the schema does not compile: " + compiled.error().message);
    }
    grammar->pool.lockPool();
    return Schema(std::move(grammar));
}

Result<Document> readValidated(std::string_view bytes, const Schema& schema, const Limits& limits) {
    const auto text = prepare(bytes, limits);
    if (!text.ok()) return text.error();
    if (auto checked = stream(*text, limits, nullptr); !checked.ok()) {
        return std::move(checked).error();
    }
    internal::TreeBuilder builder(limits);
    const auto valid = ValidatingReader(SchemaAccess::poolOf(schema), &builder).run(*text);
    if (!valid.ok()) return valid.error();
    return std::move(builder).finish();
}

}  // namespace hubsdk::xml
