/// Which endpoint answers which request.
#pragma once

#include "plugins/checkr/simulator/endpoints.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace vendor::checkr::simulator {

struct Route {
    std::string_view method;
    std::string_view pattern;  ///< "*" stands for one path segment
    Answer (*handle)(Call&);
};

struct Match {
    const Route* route = nullptr;  ///< null: none for this method
    bool path_known = false;
    std::vector<std::string> args;  ///< the segments at the stars
};

[[nodiscard]] Match matchRoute(std::string_view method, std::string_view path);

}  // namespace vendor::checkr::simulator
