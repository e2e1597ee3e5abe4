/// Reads the Prometheus text format strictly, for tests: what a checker of that format would find.
#pragma once

#include <cctype>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace hub::observe::testing {

class MetricsText {
public:
    explicit MetricsText(std::string_view text) {
        if (!text.empty() && !text.ends_with('\n')) problem("no line end at the end", "");
        while (!text.empty()) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            readLine(text.substr(0, end));
            text.remove_prefix(std::min(end + 1, text.size()));
        }
    }

    [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }
    /// Values by name with labels, as they stand in the text.
    [[nodiscard]] const std::map<std::string, double>& series() const { return series_; }
    [[nodiscard]] const std::set<std::string>& names() const { return names_; }
    /// Every value of a label of this name.
    [[nodiscard]] std::set<std::string> labelValues(const std::string& name) const {
        const auto found = labels_.find(name);
        return found == labels_.end() ? std::set<std::string>{} : found->second;
    }
    /// 0 for a series that is not there.
    [[nodiscard]] double value(const std::string& name) const {
        const auto found = series_.find(name);
        return found == series_.end() ? 0 : found->second;
    }

private:
    void problem(std::string_view what, std::string_view line) {
        problems_.push_back(std::string(what) + ": " + std::string(line));
    }

    static bool isName(std::string_view name) {
        if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) return false;
        for (const char c : name)
            if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') return false;
        return true;
    }

    void readLine(std::string_view line) {
        if (line.empty()) return problem("empty line", line);
        if (line.starts_with("# HELP ")) return readHelp(line.substr(7));
        if (line.starts_with("# TYPE ")) return readType(line.substr(7));
        readSeries(line);
    }

    void readHelp(std::string_view rest) {
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        helped_ = rest.substr(0, blank);
        if (rest.size() < blank + 2) problem("no help", rest);
    }

    void readType(std::string_view rest) {
        const std::size_t blank = std::min(rest.find(' '), rest.size());
        current_ = rest.substr(0, blank);
        const std::string_view type = rest.substr(std::min(blank + 1, rest.size()));
        if (current_ != helped_) problem("type without help", rest);
        if (!names_.insert(current_).second) problem("two heads", rest);
        if (type != "counter" && type != "gauge") problem("unknown type", rest);
        if (current_.ends_with("_total") != (type == "counter")) problem("name of a counter", rest);
    }

    void readSeries(std::string_view line) {
        const std::size_t blank = line.rfind(' ');
        if (blank == std::string_view::npos) return problem("no value", line);
        const std::string key(line.substr(0, blank));
        const std::string number(line.substr(blank + 1));
        const std::string name = key.substr(0, key.find('{'));
        char* end = nullptr;
        const double value = std::strtod(number.c_str(), &end);
        if (number.empty() || *end != '\0') problem("no number", line);
        if (!isName(name)) problem("no name", line);
        if (name != current_) problem("outside its family", line);
        if (!series_.emplace(key, value).second) problem("twice", line);
        if (name.size() < key.size()) readLabels(std::string_view(key).substr(name.size()), line);
    }

    void readLabels(std::string_view labels, std::string_view line) {
        if (!labels.ends_with('}')) return problem("labels do not end", line);
        labels = labels.substr(1, labels.size() - 2);
        while (!labels.empty()) {
            const std::size_t sign = labels.find("=\"");
            if (sign == std::string_view::npos) return problem("no label", line);
            const std::string name(labels.substr(0, sign));
            // Tenants, accounts, orders and persons have no number of their own here.
            if (!isName(name) || name.ends_with("_id")) problem("label", line);
            labels.remove_prefix(sign + 2);
            const auto value = takeQuoted(labels);
            if (!value) return problem("open quote", line);
            labels_[name].insert(*value);
            if (labels.starts_with(',')) labels.remove_prefix(1);
        }
    }

    static std::optional<std::string> takeQuoted(std::string_view& rest) {
        std::string value;
        for (std::size_t i = 0; i < rest.size(); ++i) {
            if (rest[i] == '"') {
                rest.remove_prefix(i + 1);
                return value;
            }
            if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
            value += rest[i];
        }
        return std::nullopt;
    }

    std::vector<std::string> problems_;
    std::map<std::string, double> series_;
    std::map<std::string, std::set<std::string>> labels_;
    std::set<std::string> names_;
    std::string helped_;
    std::string current_;
};

}  // namespace hub::observe::testing
