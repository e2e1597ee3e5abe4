/// Calls of a running hub's portal API, for the tools that need one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/cpp/result.hpp>

#include "hub/http/client.hpp"

namespace hub::cli {

/// Which hub, and with what key.
struct HubArguments {
    std::string url;       ///< http only to this machine: the key must not travel in the clear
    std::string key_file;  ///< holds an API key; mode 0600
    std::string ca_file;   ///< PEM; empty: the system's authorities
};

/// One thread.
class HubCaller {
public:
    /// Reads the address and the key file. The error names the option or the file.
    [[nodiscard]] static hubsdk::Result<HubCaller> open(const HubArguments& arguments);

    /// One call of `/api/v1` + `path`, at most a minute; the answer's document. kForbidden if the
    /// key may not (the message names `permission`), kConflict and kInvalid with the hub's own
    /// words, kUnavailable for everything else but 2xx.
    [[nodiscard]] hubsdk::Result<hubsdk::JsonDocument> post(std::string_view path, std::string body,
                                                            std::string_view permission);

private:
    struct Address {
        std::string scheme;
        std::string host;
        std::uint16_t port = 0;
    };
    HubCaller(Address address, std::string key, const std::string& ca_file);
    [[nodiscard]] static hubsdk::Result<Address> addressOf(std::string_view url);
    [[nodiscard]] static http::ClientConfig configOf(const Address& address,
                                                     const std::string& ca_file);

    Address address_;
    std::string key_;
    std::unique_ptr<http::Client> client_;
};

}  // namespace hub::cli
