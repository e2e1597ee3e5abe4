/// The table of raw requests (TM-HTTP-1 to 5, TM-HTTP-10): run against the server alone and behind
/// proxies. Requests name the host hub.test; one that is hidden in another asks for /hidden.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace hub::http::testing {

struct RawCase {
    const char* name;
    std::string bytes;
    int status;             ///< of the server alone; 0: closed without an answer
    std::size_t calls = 0;  ///< of the handler
};

inline const std::string kHost = "Host: hub.test\r\n";
inline const std::string kClose = "Connection: close\r\n";
inline const std::string kHidden = "GET /hidden HTTP/1.1\r\n" + kHost + "\r\n";

/// POST /visible with more header lines and these bytes behind the head.
[[nodiscard]] std::string post(const std::string& fields, const std::string& body);
[[nodiscard]] std::string get(const std::string& target, const std::string& fields = {});
/// post() with the chunked framing in `body`.
[[nodiscard]] std::string chunked(const std::string& body);

[[nodiscard]] std::vector<RawCase> lengthCases();  ///< ambiguous lengths
[[nodiscard]] std::vector<RawCase> chunkCases();   ///< framing of chunks
[[nodiscard]] std::vector<RawCase> byteCases();    ///< bytes that must not be rewritten or skipped
[[nodiscard]] std::vector<RawCase> targetCases();  ///< host, target, version, tricks with paths
[[nodiscard]] std::vector<RawCase> allRawCases();

}  // namespace hub::http::testing
