/// The host's half of the XML readers: brings up the libraries with process-wide state.
#pragma once

namespace hubsdk::xml {

/// Initialises libxml2 and xerces-c for the whole process and shuts their doors to files and
/// network. Made once in main(), before other threads start and before the
/// first plugin is loaded; more objects do no harm. Never ends the libraries: one cleanup call
/// crashes every other user. Plugins must not use this class.
class XmlLibraries {
public:
    /// Throws std::runtime_error when xerces-c does not start.
    XmlLibraries();
    XmlLibraries(const XmlLibraries&) = delete;
    XmlLibraries& operator=(const XmlLibraries&) = delete;
};

}  // namespace hubsdk::xml
