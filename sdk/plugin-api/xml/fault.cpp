#include "fault.hpp"

#include <hubsdk/cpp/xml.hpp>
#include <xercesc/util/PlatformUtils.hpp>

namespace hubsdk::xml {

namespace {

// The class travels as the first word of the message: an Error has no field for it, and a person
// reading a log needs the word as much as the plugin does.
constexpr std::string_view kUnsafe = "unsafe_xml";
constexpr std::string_view kSchema = "schema";

Error classified(std::string_view error_class, ErrorCode code, std::string_view message,
                 std::string path) {
    std::string text = std::string(error_class) + ": " + std::string(message);
    if (text.size() > kMessageBytesMax) text.resize(kMessageBytesMax);
    return makeError(code, std::move(text), std::move(path));
}

bool startsWithClass(std::string_view message, std::string_view error_class) {
    return message.starts_with(error_class) && message.substr(error_class.size()).starts_with(": ");
}

}  // namespace

Error unsafeFault(std::string_view message) {
    return classified(kUnsafe, ErrorCode::kInvalid, message, {});
}

Error limitFault(std::string_view what, std::size_t limit, std::string path) {
    return classified(kUnsafe, ErrorCode::kTooLarge,
                      std::string(what) + " over the limit of " + std::to_string(limit),
                      std::move(path));
}

Error schemaFault(std::string_view message, std::string path) {
    return classified(kSchema, ErrorCode::kInvalid, message, std::move(path));
}

std::string_view errorClass(const Error& error) {
    for (const std::string_view name : {kUnsafe, kSchema}) {
        if (startsWithClass(error.message, name)) return name;
    }
    return {};
}

Result<void> requireLibraries() {
    // The one flag that host and plugins surely share: it lives in the xerces library itself.
    // libxml2 has none, but the host always starts both together.
    if (xercesc::XMLPlatformUtils::fgMemoryManager != nullptr) return {};
    return makeError(ErrorCode::kInternal, "the host has not initialised the XML libraries");
}

}  // namespace hubsdk::xml
