#include "hub/security/digest.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace hub::security {
namespace {

const EVP_MD* digestOf(HashAlg alg) {
    switch (alg) {
        case HashAlg::kSha1:
            return EVP_sha1();
        case HashAlg::kSha256:
            return EVP_sha256();
        case HashAlg::kSha384:
            return EVP_sha384();
        case HashAlg::kSha512:
            return EVP_sha512();
    }
    throw std::logic_error("unknown hash algorithm");
}

const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string asText(const unsigned char* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

std::string hash(HashAlg alg, std::string_view message) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    if (EVP_Digest(message.data(), message.size(), out.data(), &size, digestOf(alg), nullptr) != 1)
        throw std::runtime_error("hash: OpenSSL refused the digest");
    return asText(out.data(), size);
}

std::string sha1(std::string_view message) { return hash(HashAlg::kSha1, message); }
std::string sha256(std::string_view message) { return hash(HashAlg::kSha256, message); }
std::string sha512(std::string_view message) { return hash(HashAlg::kSha512, message); }
std::string sha1Hex(std::string_view message) { return hexEncode(sha1(message)); }
std::string sha256Hex(std::string_view message) { return hexEncode(sha256(message)); }
std::string sha512Hex(std::string_view message) { return hexEncode(sha512(message)); }

std::string hmac(HashAlg alg, std::string_view key, std::string_view message) {
    if (key.size() > INT_MAX) throw std::runtime_error("hmac: the key is too long");
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    // A null key means "the key of last time" to OpenSSL, so an empty one needs an address.
    const void* key_data = key.empty() ? "" : key.data();
    if (HMAC(digestOf(alg), key_data, static_cast<int>(key.size()), octets(message), message.size(),
             out.data(), &size) == nullptr)
        throw std::runtime_error("hmac: OpenSSL refused the digest");
    return asText(out.data(), size);
}

bool constantTimeEquals(std::string_view left, std::string_view right) {
    return left.size() == right.size() &&
           CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

std::string randomBytes(std::size_t size) {
    if (size > INT_MAX) throw std::runtime_error("randomBytes: too many bytes asked for");
    std::string out(size, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size)) != 1)
        throw std::runtime_error("randomBytes: the system's generator failed");
    return out;
}

std::string randomToken(std::size_t bytes) {
    return base64UrlEncode(randomBytes(bytes < kTokenBytesMin ? kTokenBytesMin : bytes));
}

std::string uuid7() {
    using namespace std::chrono;
    return uuid7(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

namespace {

// The place of an id among those of its millisecond (RFC 9562 section 6.2, method 1), so that rows
// of one process sort as they were made. Beyond 4096 in a millisecond the order is lost. Threads
// name rows by the times at which their work began, so each of the last milliseconds counts for
// itself.
unsigned placeInMillisecond(std::uint64_t now_ms) {
    constexpr std::uint64_t kPlaceMax = 0xfff;
    constexpr std::size_t kMilliseconds = 1024;
    static std::array<std::atomic<std::uint64_t>, kMilliseconds> all_last{};
    std::atomic<std::uint64_t>& last = all_last[now_ms % kMilliseconds];
    std::uint64_t before = last.load();
    std::uint64_t next = 0;
    do {
        const bool same = before >> 12U == now_ms;
        next = same ? std::min(before + 1, now_ms << 12U | kPlaceMax) : now_ms << 12U;
    } while (!last.compare_exchange_weak(before, next));
    return static_cast<unsigned>(next & kPlaceMax);
}

}  // namespace

std::string uuid7(std::int64_t now_ms) {
    std::string bytes = randomBytes(16);
    const auto time = static_cast<std::uint64_t>(now_ms);
    for (unsigned i = 0; i < 6; ++i) bytes[i] = static_cast<char>((time >> (40U - 8U * i)) & 0xffU);
    const auto at = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
    };
    const unsigned place = placeInMillisecond(time);
    bytes[6] = static_cast<char>(0x70U | place >> 8U);
    bytes[7] = static_cast<char>(place & 0xffU);
    bytes[8] = static_cast<char>(0x80U | (at(8) & 0x3fU));
    std::string text = hexEncode(bytes);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
    return text;
}

void wipe(std::string& bytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
    bytes.clear();
}

}  // namespace hub::security
