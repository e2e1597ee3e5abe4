/// Rotation of the master key in bounded calls (threat-model.md TM-DATA-5); `hubctl key` makes
/// them.
#pragma once

#include "portal-api/router.hpp"

namespace portal {

/// How long after a rotation older keys must stay: what was sealed before it may still wait to be
/// committed.
inline constexpr std::int64_t kKeysStayMs = std::int64_t{10} * 60 * 1000;

/// Body of POST /admin/keys/reseal: where the call goes on, from the answer of the one before.
struct ResealKeys {
    std::int64_t column = 0;
    std::string after_row;
};

struct KeysView {
    std::string active_key_id;
    std::vector<std::string> key_ids;  ///< oldest first
};

struct ResealView {
    std::string active_key_id;
    std::int64_t resealed = 0;  ///< values, by this call
    std::int64_t column = 0;
    std::string after_row;
    bool finished = false;
};

[[nodiscard]] hubsdk::Result<KeysView> readKeys(const ApiCall& call, const NoBody& body);
/// Adds a key with which everything new is sealed. kConflict while values still need an older one.
[[nodiscard]] hubsdk::Result<KeysView> rotateKey(const ApiCall& call, const NoBody& body);
/// Seals the next values with the newest key. Reads and writes go on meanwhile.
[[nodiscard]] hubsdk::Result<ResealView> resealValues(const ApiCall& call,
                                                      const ResealKeys& request);
/// Forgets all keys but the newest. kConflict while a value needs one of them, and for
/// kKeysStayMs after the rotation.
[[nodiscard]] hubsdk::Result<KeysView> retireKeys(const ApiCall& call, const NoBody& body);

}  // namespace portal

namespace hubsdk {
template <>
struct Shape<portal::ResealKeys> {
    using T = portal::ResealKeys;
    static constexpr std::string_view kName = "ResealKeys";
    static constexpr auto kFields =
        std::tuple{field("column", &T::column, "Of the answer before.", Need::kOptional),
                   field("after_row", &T::after_row, "Of the answer before.", Need::kOptional)};
};
template <>
struct Shape<portal::KeysView> {
    using T = portal::KeysView;
    static constexpr std::string_view kName = "Keys";
    static constexpr auto kFields =
        std::tuple{field("active_key_id", &T::active_key_id, "Seals what is new."),
                   field("key_ids", &T::key_ids, "Oldest first.", WhenEmpty::kWriteNull)};
};
template <>
struct Shape<portal::ResealView> {
    using T = portal::ResealView;
    static constexpr std::string_view kName = "Reseal";
    static constexpr auto kFields =
        std::tuple{field("active_key_id", &T::active_key_id, "Seals what is new."),
                   field("resealed", &T::resealed, "Values, by this call."),
                   field("column", &T::column, "Where the next call goes on."),
                   field("after_row", &T::after_row, "Where the next call goes on."),
                   field("finished", &T::finished, "Every value was looked at.")};
};
}  // namespace hubsdk
