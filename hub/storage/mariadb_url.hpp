/// The URL of a MariaDB or MySQL database: who, where, and how the way there is protected.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hub::storage {

enum class LinkProtection : std::uint8_t {
    kTls,            ///< TLS with a certificate of a known authority for this host name
    kPlain,          ///< no TLS, only to this machine
    kPlainAnywhere,  ///< no TLS to another machine either: somebody else protects the link
};

/// `mariadb://USER@HOST:PORT/DATABASE?KEY=VALUE&…`, percent-encoded where needed. Keys:
/// `socket` (path of a unix socket, instead of host and port), `ca` (PEM file of the authority;
/// needed for TLS), `tls` (`verify`, the default; `plain`, to a loopback address only;
/// `plain-anywhere`), `password_file` (mode 0600) or `password_env` (name of a variable),
/// `connect_timeout_ms` (default 3000), `durability` (`flush`, the default, refuses a server that
/// does not flush at commit; `server` leaves it to the server: replicated clusters).
struct MariadbTarget {
    std::string user;
    std::string host;
    std::uint16_t port = 3306;
    std::string socket;
    std::string database;
    std::string ca_file;
    std::string password_file;
    std::string password_env;
    LinkProtection protection = LinkProtection::kTls;
    int connect_timeout_ms = 3000;
    bool needs_flush = true;
};

inline constexpr std::string_view kMariadbScheme = "mariadb://";

/// Throws StorageError (kMisuse) that names what is wrong and never repeats the URL: a password
/// that was put there by mistake must not reach a log.
[[nodiscard]] MariadbTarget parseMariadbUrl(std::string_view url);

/// The password as it is now: read at each connect, so that it may be changed while the hub runs.
/// Empty without a file or variable. Throws StorageError (kUnavailable) if the file cannot be read
/// or others may read it, or if the variable is missing.
[[nodiscard]] std::string readPassword(const MariadbTarget& target);

}  // namespace hub::storage
