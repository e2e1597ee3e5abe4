#include "tests/e2e/sinks.hpp"

#include <filesystem>

namespace hub::e2e {

std::map<std::string, std::string> sinksOf(const RunningHub& hub) {
    std::map<std::string, std::string> sinks = StoredRows(hub).columns();
    sinks["the log"] = readFile(hub.folder() + "/hubd.log");
    for (const auto& entry : std::filesystem::recursive_directory_iterator(hub.dataFolder())) {
        if (entry.is_regular_file() && entry.path().extension() != ".key")
            sinks[entry.path().filename().string()] = readFile(entry.path().string());
    }
    return sinks;
}

std::vector<std::string> foundIn(const std::map<std::string, std::string>& sinks,
                                 const std::map<std::string, std::string>& wanted) {
    std::vector<std::string> found;
    for (const auto& [what, text] : wanted) {
        for (const auto& [place, content] : sinks) {
            if (content.find(text) != std::string::npos) found.push_back(place + " holds " + what);
        }
    }
    return found;
}

}  // namespace hub::e2e
