/// Acme's documents in canonical words. Pure functions over tables.
#pragma once

#include <hubsdk/cpp/json.hpp>
#include <hubsdk/model/observation.hpp>
#include <hubsdk/model/order.hpp>

#include <string>
#include <string_view>

namespace vendor::acme {

/// The body of POST /v1/screenings. `package` is Acme's name of it.
[[nodiscard]] std::string screeningBody(const hubsdk::Order& order, std::string_view package);

/// One screening object of Acme as an observation. Words that no table knows are kept in
/// `unmapped`, never guessed. The observation owns its texts.
[[nodiscard]] hubsdk::Observation observationOf(hubsdk::Json screening);

}  // namespace vendor::acme
