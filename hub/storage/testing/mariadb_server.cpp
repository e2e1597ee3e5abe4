#include "hub/storage/testing/mariadb_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "hub/security/digest.hpp"
#include "hub/storage/migration.hpp"

namespace hub::storage::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kWaitTries = 1000;
constexpr std::chrono::milliseconds kWaitStep{20};
constexpr const char* kPassword = "hub-test-password";
constexpr const char* kMigrated = "hub_migrated";

/// mariadbd refuses to run as root unless it is told to.
std::string userOption() { return geteuid() == 0 ? "--user=root" : ""; }

/// Small files and no flushing: a test's data need not survive a power cut. With HUB_TEST_DURABLE
/// everything is flushed, and files are of the size that a server has: for benchmarks.
std::vector<std::string> innodbOptions() {
    if (std::getenv("HUB_TEST_DURABLE") != nullptr) {
        return {"--innodb-log-file-size=96M", "--innodb-buffer-pool-size=256M"};
    }
    return {"--innodb-log-file-size=8M", "--innodb-flush-method=nosync",
            "--innodb-buffer-pool-size=64M"};
}

int runToEnd(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void require(bool holds, const std::string& what) {
    if (!holds) throw std::runtime_error("test database: " + what);
}

void makeCertificates(const std::string& folder) {
    const std::string in = "cd '" + folder + "' && ";
    const std::string quiet = " >>openssl.log 2>&1";
    std::ofstream(folder + "/san.txt") << "subjectAltName=DNS:localhost\n";
    for (const char* step :
         {"openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Test authority' "
          "-keyout ca.key -out ca.pem",
          "openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' -keyout server.key "
          "-out server.csr",
          "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 "
          "-extfile san.txt -out server.pem",
          "openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Another authority' "
          "-keyout other.key -out other-ca.pem"})
        require(runToEnd(in + step + quiet) == 0, "openssl, see " + folder + "/openssl.log");
}

void makeDataFolder(const std::string& folder) {
    std::string command = "mariadb-install-db --no-defaults --skip-test-db " + userOption() +
                          " --auth-root-authentication-method=normal --datadir='" + folder +
                          "/data'";
    for (const auto& option : innodbOptions()) command += " " + option;
    require(runToEnd(command + " >'" + folder + "/install.log' 2>&1") == 0,
            "mariadb-install-db, see " + folder + "/install.log");
}

std::uint16_t freePort() {
    const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = bind(probe, generic, size) == 0 && getsockname(probe, generic, &size) == 0;
    close(probe);
    require(bound, "no free port");
    return ntohs(address.sin_port);
}

/// A short path: the name of a unix socket has at most 107 characters.
std::string temporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "hub-db-XXXXXX").string();
    require(mkdtemp(pattern.data()) != nullptr, "cannot make a temporary folder");
    return pattern;
}

/// The folder's name tells which migrations are in it.
std::string templateName() {
    std::string text;
    for (const auto& option : innodbOptions()) text += option;
    for (const auto& migration : embeddedMigrations()) text.append(migration.sql);
    return std::string(HUB_BUILD_DIR) + "/mariadb-" + security::sha256Hex(text).substr(0, 12);
}

}  // namespace

bool onMariadb() {
    const char* storage = std::getenv("HUB_TEST_STORAGE");
    return storage != nullptr && std::string_view(storage) == "mariadb";
}

/// Made once for a build folder, however many tests start at once.
std::string MariadbServer::templateFolder() {
    static const std::string folder = templateName();
    const std::string lock_file = std::string(HUB_BUILD_DIR) + "/mariadb.lock";
    const int lock = open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    require(lock >= 0 && flock(lock, LOCK_EX) == 0, "cannot lock " + lock_file);
    if (!fs::exists(folder)) makeTemplate(folder);
    close(lock);
    return folder;
}

void MariadbServer::makeTemplate(const std::string& folder) {
    const std::string unfinished = folder + ".new";
    fs::remove_all(unfinished);
    fs::create_directories(unfinished);
    makeCertificates(unfinished);
    makeDataFolder(unfinished);
    {
        // A short path for the socket.
        const std::string work = temporaryFolder();
        fs::copy(unfinished + "/data", work + "/data", fs::copy_options::recursive);
        fs::remove_all(unfinished + "/data");
        MariadbServer server(work, unfinished);
        server.administer(std::string("CREATE DATABASE ") + kMigrated);
        migrate(*makeDriver(server.socketUrl(kMigrated))->open(Access::kSchema),
                embeddedMigrations());
        server.stop();
        fs::copy(work + "/data", unfinished + "/data", fs::copy_options::recursive);
        fs::remove_all(work);
    }
    fs::rename(unfinished, folder);
}

MariadbServer::MariadbServer(std::string folder, std::string keys_folder)
    : folder_(std::move(folder)), keys_folder_(std::move(keys_folder)), owns_folder_(false) {
    std::ofstream(passwordFile()) << kPassword << "\n";
    fs::permissions(passwordFile(), fs::perms::owner_read | fs::perms::owner_write);
    start();
    addUser();
}

MariadbServer::MariadbServer(Tls tls)
    : folder_(temporaryFolder()), keys_folder_(templateFolder()), tls_(tls) {
    fs::copy(keys_folder_ + "/data", folder_ + "/data", fs::copy_options::recursive);
    std::ofstream(passwordFile()) << kPassword << "\n";
    fs::permissions(passwordFile(), fs::perms::owner_read | fs::perms::owner_write);
    start();
}

void MariadbServer::addUser() {
    administer("CREATE USER 'hub'@'%' IDENTIFIED BY '" + std::string(kPassword) + "'");
    administer("GRANT ALL ON *.* TO 'hub'@'%'");
}

MariadbServer::~MariadbServer() {
    kill();
    std::error_code ignored;
    if (owns_folder_) fs::remove_all(folder_, ignored);
}

MariadbServer& MariadbServer::shared() {
    static MariadbServer server;
    return server;
}

void MariadbServer::start() {
    // The same port after a restart: clients know it by their URL.
    if (port_ == 0) port_ = freePort();
    std::vector<std::string> words{"mariadbd",
                                   "--no-defaults",
                                   "--datadir=" + folder_ + "/data",
                                   "--socket=" + folder_ + "/s",
                                   "--pid-file=" + folder_ + "/pid",
                                   "--bind-address=127.0.0.1",
                                   "--port=" + std::to_string(port_),
                                   "--max-allowed-packet=64M",
                                   "--skip-name-resolve"};
    for (auto& option : innodbOptions()) words.push_back(option);
    if (tls_ == Tls::kOffered) {
        words.push_back("--ssl-ca=" + keys_folder_ + "/ca.pem");
        words.push_back("--ssl-cert=" + keys_folder_ + "/server.pem");
        words.push_back("--ssl-key=" + keys_folder_ + "/server.key");
    }
    if (const auto user = userOption(); !user.empty()) words.push_back(user);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const std::string log_file = folder_ + "/mariadbd.log";
    process_id_ = fork();
    require(process_id_ >= 0, "cannot fork");
    if (process_id_ == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(log, STDOUT_FILENO);
        dup2(log, STDERR_FILENO);
        execvp(argv.front(), argv.data());
        _exit(127);
    }
    for (int i = 0; i < kWaitTries; ++i) {
        require(waitpid(process_id_, nullptr, WNOHANG) == 0, "mariadbd ended, see " + log_file);
        if (answers()) return;
        std::this_thread::sleep_for(kWaitStep);
    }
    throw std::runtime_error("test database: mariadbd does not answer");
}

bool MariadbServer::answers() const {
    try {
        return administrator() != nullptr;
    } catch (const StorageError&) {
        return false;
    }
}

void MariadbServer::end(int signal) {
    if (process_id_ <= 0) return;
    ::kill(process_id_, SIGCONT);
    ::kill(process_id_, signal);
    waitpid(process_id_, nullptr, 0);
    process_id_ = 0;
}

void MariadbServer::startIfEnded() {
    if (process_id_ > 0 && waitpid(process_id_, nullptr, WNOHANG) == 0) return;
    process_id_ = 0;
    start();
}

void MariadbServer::stop() { end(SIGTERM); }
void MariadbServer::kill() { end(SIGKILL); }
void MariadbServer::freeze() { ::kill(process_id_, SIGSTOP); }
void MariadbServer::thaw() { ::kill(process_id_, SIGCONT); }

std::unique_ptr<Connection> MariadbServer::administrator() const {
    return makeDriver("mariadb://root@/mysql?socket=" + folder_ + "/s")->open(Access::kWrite);
}

std::string MariadbServer::newDatabase() {
    const std::string name = "hub_" + security::hexEncode(security::randomBytes(6));
    administer("CREATE DATABASE " + name);
    return name;
}

std::string MariadbServer::migratedDatabase() {
    const auto connection = administrator();
    std::vector<std::string> tables;
    connection->query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = ? "
        "AND table_name <> 'schema_migration'",
        {kMigrated}, [&](const Row& row) { tables.push_back(row.string(0)); });
    connection->run("SET foreign_key_checks = 0");
    for (const auto& table : tables)
        connection->run("DELETE FROM " + std::string(kMigrated) + "." + table);
    return kMigrated;
}

void MariadbServer::administer(std::string_view sql) { administrator()->run(sql); }

std::int64_t MariadbServer::number(std::string_view sql) {
    std::int64_t found = 0;
    administrator()->query(sql, {}, [&](const Row& row) { found = row.integer(0); });
    return found;
}

void MariadbServer::killSessions() {
    const auto connection = administrator();
    std::vector<std::int64_t> ids;
    connection->query(
        "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND user = "
        "'hub'",
        {}, [&](const Row& row) { ids.push_back(row.integer(0)); });
    for (const auto id : ids) {
        try {
            connection->run("KILL CONNECTION " + std::to_string(id));
        } catch (const StorageError& error) {
            // It went by itself in between.
            if (error.code() != StorageErrorCode::kMisuse) throw;
        }
    }
}

std::string MariadbServer::socketUrl(const std::string& database,
                                     const std::string& options) const {
    return "mariadb://hub@/" + database + "?socket=" + folder_ +
           "/s&password_file=" + passwordFile() + options;
}

std::string MariadbServer::tlsUrl(const std::string& database, const std::string& host) const {
    return "mariadb://hub@" + host + ":" + std::to_string(port_) + "/" + database +
           "?ca=" + caFile() + "&password_file=" + passwordFile();
}

std::string MariadbServer::tcpUrl(const std::string& database, const std::string& options) const {
    return "mariadb://hub@127.0.0.1:" + std::to_string(port_) + "/" + database + "?" + options;
}

std::string MariadbServer::caFile() const { return keys_folder_ + "/ca.pem"; }

}  // namespace hub::storage::testing
