/// The input files of `hubctl plugin …`: DELIVERY, COMMAND, SCRIPT, SECRETS and settings
/// (architecture section 13).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <hubsdk/model/delivery.hpp>
#include <hubsdk/model/flow.hpp>
#include <hubsdk/model/manifest.hpp>

#include "hub/security/pieces.hpp"

namespace hub::cli {

/// Largest input file.
inline constexpr std::size_t kInputBytesMax = std::size_t{64} * 1024 * 1024;

/// The error with the file before its path, as the caller named it: "s.json: environment: is …".
[[nodiscard]] hubsdk::Error inFile(const std::string& file, hubsdk::Error error);

/// The bytes of a file; "-" is standard input. Errors of all functions here are ready to print:
/// `path` begins with the file, then names the member ("settings.json: environment").
[[nodiscard]] hubsdk::Result<std::string> readFile(const std::string& path);

/// A delivery and the bytes that its body points to. Stays valid when moved.
struct DeliveryFile {
    std::unique_ptr<std::string> body;
    hubsdk::Delivery delivery;
};

/// {"method", "path", "query", "headers": {}, "body": text | "body_base64"}. A header's value may
/// be a list: one field each. A path that begins with /api/webhooks/{vendor}/{endpoint} is cut
/// behind it; a query may also stand in the path. Defaults: POST, no path, no headers, an empty
/// body.
[[nodiscard]] hubsdk::Result<DeliveryFile> readDelivery(const std::string& path);

/// One object: name to a text or a list of texts.
[[nodiscard]] hubsdk::Result<security::SecretValues> readSecrets(const std::string& path);

/// Settings as the plugin gets them: those of `own_json` (may be empty; from the command's account)
/// above those of the file, checked against the manifest, with defaults. Required ones that are
/// missing are left out and named in `missing`.
struct Settings {
    std::string json;
    std::vector<std::string> missing;
};
[[nodiscard]] hubsdk::Result<Settings> readSettings(const std::optional<std::string>& path,
                                                    const hubsdk::Manifest& manifest,
                                                    const std::string& own_json = {},
                                                    const std::string& own_file = {});

/// {"command", "vendor_order_id"?, "links"?, "order"?, "account"?, "cursor"?, "parameters"?}.
/// Refuses a command that the SDK does not know, and one without what it needs.
[[nodiscard]] hubsdk::Result<hubsdk::Command> readCommand(const std::string& path);

}  // namespace hub::cli
