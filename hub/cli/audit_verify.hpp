/// `hubctl audit verify`: asks a running hub whether its audit trail still holds.
#pragma once

#include <string>

namespace hub::cli {

struct AuditVerifyArguments {
    std::string url;       ///< http only to this machine: the key must not travel in the clear
    std::string key_file;  ///< holds an API key with audit.read; mode 0600
    std::string ca_file;   ///< PEM; empty: the system's authorities
};

/// Goes through the whole chain in bounded calls and prints one line a tenant. Exit: 0 it holds,
/// 1 it does not (the line says from which entry and why), 2 it could not be asked.
int verifyAudit(const AuditVerifyArguments& arguments);

}  // namespace hub::cli
