/// What Checkr sends: the claim a delivery makes, and what an event says.
#pragma once

#include "plugins/checkr/checkr_mapping.hpp"

#include <hubsdk/model/delivery.hpp>

namespace vendor::checkr {

/// The proof a delivery offers: X-Checkr-Signature over the raw body, by the API key (account) or
/// the client secret (partner application). Without a signature there is no proof. Any thread.
[[nodiscard]] hubsdk::Claim claimOf(const hubsdk::Delivery& delivery, Json settings);

/// The one observation of an event. What is no event gives one observation with an error of class
/// schema. Any thread; never throws for what the vendor sent.
[[nodiscard]] std::vector<Observation> interpretDelivery(const hubsdk::Delivery& delivery,
                                                         Json settings);

}  // namespace vendor::checkr
