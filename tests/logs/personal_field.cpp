// Must not compile with HUB_PERSONAL_FIELD: there is no field for an address of e-mail (TM-LOG).
#include "hub/observe/log.hpp"

void logSomething(const std::string& text) {
    hub::observe::log(hub::observe::Level::kInfo, "trial", {{"why", text}});
#ifdef HUB_PERSONAL_FIELD
    hub::observe::log(hub::observe::Level::kInfo, "trial", {{"email", text}});
#endif
}
