#include "hub/http/testing/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace hub::http::testing {

namespace {

template <auto kFree>
struct Freer {
    template <class T>
    void operator()(T* object) const {
        kFree(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

constexpr long kDaySeconds = 24L * 60 * 60;

Key makeKey() { return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")); }

void addExtension(X509* certificate, int kind, const std::string& value) {
    std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
        throw std::runtime_error("cannot add the certificate extension " + value);
    }
}

Certificate makeCertificate(const std::string& name, EVP_PKEY* key, int serial, bool expired) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * kDaySeconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), expired ? -kDaySeconds : kDaySeconds);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    return certificate;
}

void sign(X509* certificate, const X509* issuer, EVP_PKEY* key) {
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    if (X509_sign(certificate, key, EVP_sha256()) == 0) throw std::runtime_error("cannot sign");
}

struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

std::unique_ptr<std::FILE, FileCloser> openFile(const std::string& path) {
    std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "w"));
    if (!file) throw std::runtime_error("cannot write " + path);
    return file;
}

std::filesystem::path makeFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hub-http-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    return pattern;
}

}  // namespace

struct TestAuthority::Keys {
    Key key;
    Certificate certificate;
};

TestAuthority::TestAuthority() : folder_(makeFolder()), keys_(std::make_unique<Keys>()) {
    keys_->key = makeKey();
    keys_->certificate = makeCertificate("Test Authority", keys_->key.get(), 1, false);
    addExtension(keys_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    addExtension(keys_->certificate.get(), NID_key_usage, "critical,keyCertSign");
    sign(keys_->certificate.get(), keys_->certificate.get(), keys_->key.get());
    PEM_write_X509(openFile(caFile()).get(), keys_->certificate.get());
}

TestAuthority::~TestAuthority() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string TestAuthority::caFile() const { return (folder_ / "ca.pem").string(); }

TestAuthority::Files TestAuthority::issue(const std::string& dns_name, Flaw flaw) {
    const std::string stem = "peer-" + std::to_string(++issued_);
    Files files{(folder_ / (stem + ".pem")).string(), (folder_ / (stem + ".key")).string()};
    const Key key = makeKey();
    const Certificate certificate =
        makeCertificate(dns_name, key.get(), issued_ + 1, flaw == Flaw::kExpired);
    addExtension(certificate.get(), NID_subject_alt_name, "DNS:" + dns_name);
    if (flaw == Flaw::kSelfSigned) {
        sign(certificate.get(), certificate.get(), key.get());
    } else {
        sign(certificate.get(), keys_->certificate.get(), keys_->key.get());
    }
    PEM_write_X509(openFile(files.certificate).get(), certificate.get());
    PEM_write_PrivateKey(openFile(files.key).get(), key.get(), nullptr, nullptr, 0, nullptr,
                         nullptr);
    return files;
}

}  // namespace hub::http::testing
