/// A whole hub: every area put together, started and stopped in order.
#pragma once

#include "hub/app/config.hpp"

#include <memory>

namespace hub::app {

/// What a start found or made, for the person who watches it.
struct Started {
    std::uint16_t port = 0;
    std::string public_url;
    std::string admin_key_file;  ///< holds the API key of tenant "main"
    bool admin_key_is_new = false;
    std::string master_key_file;  ///< opens every sealed value
    bool master_key_is_new = false;
    std::vector<std::string> plugins;   ///< vendor, version and hash
    std::vector<std::string> refused;   ///< "file: reason"
    std::vector<std::string> warnings;  ///< what is probably not as it is meant
};

/// Owned by one thread; start and stop once.
class Hub {
public:
    explicit Hub(HubConfig config);
    /// Like stop().
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Opens vault and database, loads plugins, starts workers, listens. Fails with the first
    /// problem; what was started before is stopped by the destructor.
    [[nodiscard]] hubsdk::Result<Started> start();

    /// Stops in the order of architecture section 10: no new requests, no new steps, calls in
    /// flight end by their own deadlines, writer flushed. Idempotent.
    void stop();

private:
    struct Parts;
    HubConfig config_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace hub::app
