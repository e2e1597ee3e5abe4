/// Certificates made on the spot for TLS tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace hub::http::testing {

/// What is to be wrong with a certificate.
enum class Flaw { kNone, kExpired, kSelfSigned };

/// A private authority in a temporary folder, which is removed at the end.
class TestAuthority {
public:
    TestAuthority();
    ~TestAuthority();
    TestAuthority(const TestAuthority&) = delete;
    TestAuthority& operator=(const TestAuthority&) = delete;

    /// PEM file with the authority's own certificate.
    [[nodiscard]] std::string caFile() const;

    struct Files {
        std::string certificate;
        std::string key;
    };
    /// Issues a certificate for one DNS name.
    [[nodiscard]] Files issue(const std::string& dns_name, Flaw flaw = Flaw::kNone);

private:
    struct Keys;
    std::filesystem::path folder_;
    std::unique_ptr<Keys> keys_;
    int issued_ = 0;
};

}  // namespace hub::http::testing
