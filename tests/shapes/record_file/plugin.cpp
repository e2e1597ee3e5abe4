/// Shape 9: a file of records. Each row becomes a delivery of its own, cut out of the reply; a bad
/// row too, so that it is reported and can be replayed, and never lost.
#include <hubsdk/cpp/plugin.hpp>
#include <hubsdk/cpp/text.hpp>

namespace {

using namespace hubsdk;

std::vector<std::string_view> columnsOf(std::string_view row) {
    std::vector<std::string_view> columns;
    for (;;) {
        const std::size_t comma = row.find(',');
        columns.push_back(trimmed(row.substr(0, comma)));
        if (comma == std::string_view::npos) return columns;
        row.remove_prefix(comma + 1);
    }
}

// Rows are "id,date,status"; the first line of the file names the columns.
bool isGood(const std::vector<std::string_view>& columns) {
    return columns.size() == 3 && !columns[0].empty() && isDate(columns[1]) && !columns[2].empty();
}

Flow syncResults(const Command& inputs) {
    Reply file = co_await get("file", "/results.csv").query("since", inputs.cursor.value_or("0"));
    const std::string_view body = file.body();
    std::int64_t bad = 0;
    std::size_t end = std::min(body.find('\n'), body.size());
    for (std::size_t from = end + 1; from < body.size(); from = end + 1) {
        end = std::min(body.find('\n', from), body.size());
        const std::string_view row = body.substr(from, end - from);
        if (trimmed(row).empty()) continue;
        if (!isGood(columnsOf(row))) ++bad;
        deliver(file.cut(fnv1a(row), from, row.size(), "file"));
    }
    const std::string* next = file.header("X-Next");
    co_return done()
        .cursor(next == nullptr ? "" : *next)
        .result(R"({"bad":)" + std::to_string(bad) + "}");
}

struct RecordFile {
    static std::vector<Observation> interpret(const Delivery& row, Json) {
        const auto columns = columnsOf(row.body.bytes);
        Observation said;
        said.error = vendorError(ErrorClass::kSchema, "the row is not \"id,date,status\"");
        if (!isGood(columns)) return {said};
        said.error.reset();
        said.links = {{"report", std::string(columns[0])}};
        said.vendor_status = std::string(columns[2]);
        return {said};
    }
    static Defaults defaults(const Account&) { return {"files.vendor.example", "", {}}; }
    static constexpr auto kFlows = flowTable(flow<syncResults>("feed.sync"));
};
}  // namespace
HUB_EXPORT_PLUGIN(RecordFile)
