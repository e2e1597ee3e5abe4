/// Shape 10: the report as a file, by a link that is fetched bare, or as base64 inside XML, which
/// the host decodes out of the reply. Neither passes through the plugin.
#include <hubsdk/cpp/plugin.hpp>

namespace {

using namespace hubsdk;

constexpr std::int64_t kPdfBytesMax = std::int64_t{20} * 1024 * 1024;

Observation withDocument(const Command& inputs, ObservedDocument document) {
    Observation observation;
    observation.vendor_order_id = inputs.vendor_order_id;
    document.kind = "report_pdf";
    document.content_type = "application/pdf";
    observation.documents.push_back(std::move(document));
    return observation;
}

ObservedDocument embedded(const Reply& reply) {
    constexpr std::string_view kOpen = "<Pdf>";
    const std::string_view body = reply.body();
    const std::size_t open = body.find(kOpen);
    const std::size_t close = body.find("</Pdf>", std::min(open, body.size()));
    if (close == std::string_view::npos) {
        throw FlowEnd(vendorError(ErrorClass::kSchema, "the answer holds no report"));
    }
    const std::size_t from = open + kOpen.size();
    ObservedDocument document;
    document.slice =
        reply.slice(static_cast<std::int64_t>(from), static_cast<std::int64_t>(close - from));
    document.decode = "base64";
    return document;
}

Flow fetchReport(const Command& inputs, const Account& account) {
    const std::string path = "/reports/" + inputs.vendor_order_id.value_or("");
    if (account.text("report", "link") == "xml") {
        Reply reply = co_await get("xml", path + ".xml");
        co_return done().observing(withDocument(inputs, embedded(reply)));
    }
    Reply link = co_await get("link", path);
    Reply file = co_await download("file", link.text("/pdf_url")).toBlob(kPdfBytesMax);
    ObservedDocument document;
    document.blob_id = file.blob()->id;
    co_return done().observing(withDocument(inputs, std::move(document)));
}

struct ReportPdf {
    static Defaults defaults(const Account&) { return {"api.vendor.example", "/v1", {}}; }
    static constexpr auto kFlows = flowTable(flow<fetchReport>("order.report"));
};

}  // namespace

HUB_EXPORT_PLUGIN(ReportPdf)
