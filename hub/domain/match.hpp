/// Which vendor order an observation means (plugin-contract.md section 5).
#pragma once

#include "hub/domain/apply.hpp"

namespace hub::domain {

struct Match {
    std::optional<storage::VendorOrder> row;
    bool ambiguous = false;  ///< its unique links belong to different vendor orders
};

/// The subject of the flow; else a unique link, our own reference, a narrowing link. Only rows of
/// the scope's tenant and the account are looked at (TM-IN-9). Throws StorageError.
[[nodiscard]] Match matchOf(const UnitOfWork& unit, const hubsdk::Observation& observation,
                            const ApplyContext& context);

/// Whether the manifest calls links of this type unique.
[[nodiscard]] bool isUniqueLink(const hubsdk::Manifest& manifest, std::string_view type);

}  // namespace hub::domain
