/// A real mariadbd for tests: its own folder, unix socket, loopback port and certificates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "hub/storage/connection.hpp"

namespace hub::storage::testing {

/// Started by the constructor, ended by process id by the destructor; also if the test dies. A
/// prepared data folder is kept in the build folder, so that a start takes a fraction of a second.
/// Throws std::runtime_error if any of it fails. One thread.
class MariadbServer {
public:
    enum class Tls : std::uint8_t { kOffered, kNone };
    explicit MariadbServer(Tls tls = Tls::kOffered);
    ~MariadbServer();
    MariadbServer(const MariadbServer&) = delete;
    MariadbServer& operator=(const MariadbServer&) = delete;

    /// The server of this process, started at the first call.
    static MariadbServer& shared();

    /// Makes an empty database and gives its name.
    std::string newDatabase();
    /// A database with every migration applied and no rows; the same one at each call, emptied.
    std::string migratedDatabase();
    /// One statement as the server's administrator, on a connection of its own.
    void administer(std::string_view sql);
    [[nodiscard]] std::int64_t number(std::string_view sql);

    /// The URL of a database over the unix socket, with more options (`&key=value`).
    [[nodiscard]] std::string socketUrl(const std::string& database,
                                        const std::string& options = {}) const;
    /// The same over TCP and TLS. The certificate names `localhost` and nothing else.
    [[nodiscard]] std::string tlsUrl(const std::string& database,
                                     const std::string& host = "localhost") const;
    /// The same over TCP with these options only.
    [[nodiscard]] std::string tcpUrl(const std::string& database, const std::string& options) const;

    /// Where its tables and its redo log lie.
    [[nodiscard]] std::string dataFolder() const { return folder_ + "/data"; }
    [[nodiscard]] std::string caFile() const;
    [[nodiscard]] std::string passwordFile() const { return folder_ + "/password"; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

    void start();
    /// What a service manager does: starts it again if it ended by itself.
    void startIfEnded();
    /// An orderly stop, or SIGKILL.
    void stop();
    void kill();
    /// Nothing answers any more, but every socket stays open; until thaw().
    void freeze();
    void thaw();
    /// Ends every session but its own.
    void killSessions();

private:
    /// On a prepared data folder, which it works on in place.
    MariadbServer(std::string folder, std::string keys_folder);
    static std::string templateFolder();
    static void makeTemplate(const std::string& folder);
    void addUser();
    void end(int signal);
    [[nodiscard]] std::unique_ptr<Connection> administrator() const;
    [[nodiscard]] bool answers() const;

    std::string folder_;
    std::string keys_folder_;
    bool owns_folder_ = true;
    Tls tls_ = Tls::kOffered;
    std::uint16_t port_ = 0;
    int process_id_ = 0;
};

/// True if the environment says that tests run on MariaDB (HUB_TEST_STORAGE=mariadb).
[[nodiscard]] bool onMariadb();

}  // namespace hub::storage::testing
