/// hubd: the server. `hubd --config FILE`; every key may be overridden by the environment.
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionCallback.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/PropertyFileConfiguration.h>
#include <Poco/Util/ServerApplication.h>

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <set>
#include <thread>

#include "hub/app/hub.hpp"

#include <hubsdk/cpp/xml_host.hpp>

namespace {

using hub::app::ConfigKey;

/// Ended by a second signal while stopping.
constexpr int kCutExitCode = 75;

// A core file would hold keys and personal data in the clear (TM-DATA-6).
void leaveNoCore() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
}

class HubApplication : public Poco::Util::ServerApplication {
protected:
    void defineOptions(Poco::Util::OptionSet& options) override {
        ServerApplication::defineOptions(options);
        options.addOption(
            Poco::Util::Option("help", "h", "Shows this text and all configuration keys.")
                .callback(
                    Poco::Util::OptionCallback<HubApplication>(this, &HubApplication::showHelp)));
        options.addOption(Poco::Util::Option("config", "c", "Configuration file (properties).")
                              .argument("FILE")
                              .callback(Poco::Util::OptionCallback<HubApplication>(
                                  this, &HubApplication::takeConfigFile)));
    }

    int main(const std::vector<std::string>& arguments) override {
        if (help_shown_) return EXIT_OK;
        leaveNoCore();
        if (!arguments.empty()) {
            std::cerr << "hubd: unknown argument " << arguments.front() << "; see hubd --help\n";
            return EXIT_USAGE;
        }
        const std::string problem = loadFile();
        if (!problem.empty()) {
            std::cerr << "hubd: " << problem << "\n";
            return EXIT_CONFIG;
        }
        takeEnvironment();
        auto config = hub::app::readConfig(values_);
        if (!config) {
            std::cerr << "hubd: configuration: " << withOrigin(config.error()).text() << "\n";
            return EXIT_CONFIG;
        }
        keepSignals();
        // Before any thread and any plugin: see <hubsdk/cpp/xml_host.hpp>.
        const hubsdk::xml::XmlLibraries xml_libraries;
        hub::app::Hub hub(std::move(config).value());
        auto started = hub.start();
        if (!started) {
            std::cerr << "hubd: cannot start: " << withOrigin(started.error()).text() << "\n";
            return EXIT_SOFTWARE;
        }
        announce(*started);
        waitForTerminationRequest();
        std::cout << "hubd: stopping" << std::endl;
        cutAtTheNextSignal();
        hub.stop();
        return EXIT_OK;
    }

private:
    static sigset_t stopSignals() {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGINT, SIGQUIT, SIGTERM}) sigaddset(&signals, signal);
        return signals;
    }

    // Before any thread: a signal that no thread takes by default reaches only who waits for it.
    static void keepSignals() {
        const sigset_t signals = stopSignals();
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    }

    // A stop waits for calls in flight, each until its own deadline. Who cannot wait says so a
    // second time: what is then without its answer is found as lost at the next start.
    static void cutAtTheNextSignal() {
        std::thread([] {
            const sigset_t signals = stopSignals();
            int received = 0;
            if (sigwait(&signals, &received) != 0) return;
            constexpr std::string_view kCut = "hubd: cut by a second signal\n";
            [[maybe_unused]] const auto written = write(STDOUT_FILENO, kCut.data(), kCut.size());
            _exit(kCutExitCode);
        }).detach();
    }

    void showHelp(const std::string&, const std::string&) {
        Poco::Util::HelpFormatter formatter(options());
        formatter.setCommand("hubd");
        formatter.setUsage("[--config FILE]");
        formatter.setHeader("The Screenhub server.");
        formatter.format(std::cout);
        std::cout << "\nConfiguration keys (environment variable, default):\n";
        for (const ConfigKey& key : hub::app::configKeys()) {
            std::cout << "  " << key.name << " (" << hub::app::environmentName(key.name) << ", \""
                      << key.fallback << "\")\n      " << key.text << "\n";
        }
        help_shown_ = true;
        stopOptionsProcessing();
    }

    void takeConfigFile(const std::string&, const std::string& file) { config_file_ = file; }

    std::string loadFile() {
        if (config_file_.empty()) return {};
        try {
            const Poco::AutoPtr<Poco::Util::PropertyFileConfiguration> file(
                new Poco::Util::PropertyFileConfiguration(config_file_));
            collect(*file, "");
        } catch (const Poco::Exception& error) {
            return config_file_ + ": " + error.displayText();
        }
        return {};
    }

    void collect(const Poco::Util::AbstractConfiguration& file, const std::string& prefix) {
        Poco::Util::AbstractConfiguration::Keys names;
        file.keys(prefix, names);
        for (const std::string& name : names) {
            std::string key = prefix;
            if (!key.empty()) key += '.';
            key += name;
            if (file.hasProperty(key)) values_[key] = file.getRawString(key);
            collect(file, key);
        }
    }

    void takeEnvironment() {
        for (const ConfigKey& key : hub::app::configKeys()) {
            const char* value = std::getenv(hub::app::environmentName(key.name).c_str());
            if (value == nullptr) continue;
            values_[std::string(key.name)] = value;
            from_environment_.insert(std::string(key.name));
        }
        warnOfUnknownVariables();
    }

    // A variable that looks like one of ours and is none is a typing error.
    static void warnOfUnknownVariables() {
        std::set<std::string> known;
        std::set<std::string> areas;  // HUB_SERVER_ …
        for (const ConfigKey& key : hub::app::configKeys()) {
            known.insert(hub::app::environmentName(key.name));
            areas.insert(hub::app::environmentName(key.name.substr(0, key.name.find('.') + 1)));
        }
        for (char** entry = environ; *entry != nullptr; ++entry) {
            const std::string_view text(*entry);
            const std::string name(text.substr(0, text.find('=')));
            const bool like_ours = std::ranges::any_of(
                areas, [&](const std::string& area) { return name.starts_with(area); });
            if (like_ours && !known.contains(name))
                std::cout << "hubd: warning: " << name << " is no key of this hub\n";
        }
    }

    // Whoever looks for a wrong value has to know where it came from.
    [[nodiscard]] hubsdk::Error withOrigin(hubsdk::Error error) const {
        if (from_environment_.contains(error.path)) {
            error.path += " (from " + hub::app::environmentName(error.path) + ")";
        } else if (values_.contains(error.path)) {
            error.path += " (in " + config_file_ + ")";
        }
        return error;
    }

    static void announce(const hub::app::Started& started) {
        for (const std::string& warning : started.warnings) {
            std::cout << "hubd: warning: " << warning << "\n";
        }
        for (const std::string& refused : started.refused) {
            std::cout << "hubd: plugin refused: " << refused << "\n";
        }
        for (const std::string& plugin : started.plugins) {
            std::cout << "hubd: plugin loaded: " << plugin << "\n";
        }
        if (started.master_key_is_new) {
            std::cout << "hubd: a new master key was written to " << started.master_key_file
                      << "; keep a copy apart from the database\n";
        }
        std::cout << "hubd: API key " << (started.admin_key_is_new ? "written to " : "is in ")
                  << started.admin_key_file << "\n"
                  << "hubd: listening on " << started.public_url << std::endl;
    }

    std::string config_file_;
    std::map<std::string, std::string> values_;
    std::set<std::string> from_environment_;
    bool help_shown_ = false;
};

}  // namespace

POCO_SERVER_MAIN(HubApplication)
