#include "hub/cli/loaded_plugin.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>

#include "hub/cli/input_files.hpp"

#include <hubsdk/cpp/xml_host.hpp>

namespace hub::cli {
namespace {

constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};

void printLogLine(int level, std::string_view vendor, std::string_view line) {
    std::cerr << vendor << ": " << kLevels.at(static_cast<std::size_t>(level)) << ": " << line
              << '\n';
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hubctl-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no folder can be made below the temporary folder");
    }
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

hubsdk::Result<std::shared_ptr<const plugins::Plugin>> loadPlugin(const std::string& file,
                                                                  const TemporaryFolder& folder) {
    const auto facts = plugins::readPluginFile(file);
    if (!facts) return inFile(file, facts.error());
    // Both are brought up whichever is named: it is one switch, and only the host may turn it.
    if (!facts->manifest.needs.empty()) static_cast<void>(hubsdk::xml::XmlLibraries());
    plugins::PluginHost host;
    host.log = &printLogLine;
    auto plugin = plugins::Plugin::load(file, folder.path() / "plugins", std::move(host));
    if (!plugin) return inFile(file, std::move(plugin).error());
    return plugin;
}

int complain(int code, const std::string& text) {
    std::cerr << "hubctl: " << text << '\n';
    return code;
}

std::int64_t epochMs(std::optional<std::int64_t> now_s) {
    if (now_s) return *now_s * 1000;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace hub::cli
