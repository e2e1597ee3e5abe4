#include "hub/storage/mariadb_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include <hubsdk/cpp/text.hpp>

#include "hub/security/digest.hpp"
#include "hub/security/key_file.hpp"
#include "hub/storage/connection.hpp"

namespace hub::storage {
namespace {

constexpr int kConnectTimeoutMsMin = 1000;
constexpr int kConnectTimeoutMsMax = 60'000;

[[noreturn]] void refuse(std::string_view why) {
    throw StorageError(StorageErrorCode::kMisuse, std::string("database URL: ").append(why));
}

std::string decoded(std::string_view text) {
    return hubsdk::percentDecoded(text, hubsdk::PlusSign::kLiteral);
}

int number(std::string_view text, int least, int most, std::string_view what) {
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < least ||
        value > most)
        refuse(what);
    return value;
}

void readHost(MariadbTarget& target, std::string_view place) {
    if (place.starts_with('[')) {
        const std::size_t end = place.find(']');
        if (end == std::string_view::npos) refuse("the address has no closing bracket");
        target.host = place.substr(1, end - 1);
        place.remove_prefix(end + 1);
    } else {
        target.host = place.substr(0, place.find(':'));
        place.remove_prefix(target.host.size());
    }
    if (place.empty()) return;
    if (!place.starts_with(':')) refuse("expected a port behind the host");
    target.port = static_cast<std::uint16_t>(number(place.substr(1), 1, 65535, "no such port"));
}

void readTls(MariadbTarget& target, std::string_view value) {
    if (value == "verify") {
        target.protection = LinkProtection::kTls;
    } else if (value == "plain") {
        target.protection = LinkProtection::kPlain;
    } else if (value == "plain-anywhere") {
        target.protection = LinkProtection::kPlainAnywhere;
    } else {
        refuse("tls must be verify, plain or plain-anywhere");
    }
}

void readConnectTimeout(MariadbTarget& target, std::string_view value) {
    target.connect_timeout_ms = number(value, kConnectTimeoutMsMin, kConnectTimeoutMsMax,
                                       "connect_timeout_ms must be from 1000 to 60000");
}

void readDurability(MariadbTarget& target, std::string_view value) {
    if (value != "flush" && value != "server") refuse("durability must be flush or server");
    target.needs_flush = value == "flush";
}

struct Option {
    std::string_view name;
    void (*read)(MariadbTarget&, std::string_view);
};
constexpr std::array kOptions{
    Option{"socket", [](MariadbTarget& t, std::string_view v) { t.socket = v; }},
    Option{"ca", [](MariadbTarget& t, std::string_view v) { t.ca_file = v; }},
    Option{"tls", &readTls},
    Option{"password_file", [](MariadbTarget& t, std::string_view v) { t.password_file = v; }},
    Option{"password_env", [](MariadbTarget& t, std::string_view v) { t.password_env = v; }},
    Option{"connect_timeout_ms", &readConnectTimeout},
    Option{"durability", &readDurability},
};

void readOptions(MariadbTarget& target, std::string_view text) {
    while (!text.empty()) {
        const std::string_view pair = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(pair.size() + 1, text.size()));
        const std::size_t sign = pair.find('=');
        if (sign == std::string_view::npos) refuse("an option has no value");
        const auto* option =
            std::find_if(kOptions.begin(), kOptions.end(),
                         [&](const Option& known) { return known.name == pair.substr(0, sign); });
        if (option == kOptions.end()) refuse("an option is unknown");
        option->read(target, decoded(pair.substr(sign + 1)));
    }
}

bool isLoopback(const std::string& host) {
    // Digits only: 127.example.org is a name.
    const bool number = host.find_first_not_of("0123456789.") == std::string::npos;
    return host == "localhost" || host == "::1" || (number && host.starts_with("127."));
}

void validate(const MariadbTarget& target) {
    if (target.user.empty()) refuse("a user is needed");
    if (target.database.empty() || target.database.find('/') != std::string::npos)
        refuse("expected one database name as path");
    if (target.host.empty() == target.socket.empty()) refuse("needs either a host or a socket");
    if (!target.password_file.empty() && !target.password_env.empty())
        refuse("either password_file or password_env");
    if (!target.socket.empty()) return;
    if (target.protection == LinkProtection::kTls && target.ca_file.empty())
        refuse("TLS needs ca=FILE; tls=plain is for loopback addresses");
    if (target.protection == LinkProtection::kPlain && !isLoopback(target.host))
        refuse("tls=plain is for loopback addresses; see tls=plain-anywhere");
}

}  // namespace

MariadbTarget parseMariadbUrl(std::string_view url) {
    if (!url.starts_with(kMariadbScheme)) refuse("expected mariadb://");
    url.remove_prefix(kMariadbScheme.size());
    const std::string_view place = url.substr(0, url.find('?'));
    const std::string_view options = url.substr(std::min(place.size() + 1, url.size()));
    const std::size_t slash = place.find('/');
    if (slash == std::string_view::npos) refuse("expected /DATABASE behind the host");
    const std::string_view authority = place.substr(0, slash);
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) refuse("expected USER@ before the host");
    if (authority.substr(0, at).find(':') != std::string_view::npos)
        refuse("a password does not belong into it; see password_file and password_env");
    MariadbTarget target;
    target.user = decoded(authority.substr(0, at));
    target.database = decoded(place.substr(slash + 1));
    readHost(target, authority.substr(at + 1));
    readOptions(target, options);
    validate(target);
    return target;
}

std::string readPassword(const MariadbTarget& target) {
    if (!target.password_env.empty()) {
        const char* value = std::getenv(target.password_env.c_str());
        if (value == nullptr)
            throw StorageError(StorageErrorCode::kUnavailable,
                               "database password: no variable " + target.password_env);
        return value;
    }
    if (target.password_file.empty()) return {};
    auto text = security::readKeyFile(target.password_file);
    if (!text.ok())
        throw StorageError(StorageErrorCode::kUnavailable,
                           "database password: " + text.error().message);
    std::string password = std::move(text).value();
    while (!password.empty() && (password.back() == '\n' || password.back() == '\r'))
        password.pop_back();
    return password;
}

}  // namespace hub::storage
