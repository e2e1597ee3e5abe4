/// Shape 1: the vendor wants user and password inside the XML document of each order. The plugin
/// names the secrets and their escape; the host puts them in.
#include <hubsdk/cpp/plugin.hpp>
#include <hubsdk/cpp/xml.hpp>

namespace {

using namespace hubsdk;

Pieces orderDocument(const Order& order) {
    return {piece::text("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Order><User>"),
            piece::escaped(piece::secret("user"), "xml"),
            piece::text("</User><Password>"),
            piece::escaped(piece::secret("password"), "xml"),
            piece::text("</Password><Reference>"),
            piece::escaped(piece::text(order.number), "xml"),
            piece::text("</Reference><Package>"),
            piece::escaped(piece::text(order.package), "xml"),
            piece::text("</Package></Order>")};
}

VendorError refusal(const Error& error) {
    const bool unsafe = xml::errorClass(error) == nameOf(ErrorClass::kUnsafeXml);
    return vendorError(unsafe ? ErrorClass::kUnsafeXml : ErrorClass::kSchema,
                       "the answer is no order document: " + error.text());
}

Observation placed(const Reply& reply, const Order& order) {
    auto document = xml::readDocument(reply.body(), xml::Limits());
    if (!document) throw FlowEnd(refusal(document.error()));
    const std::string id(document->root().at("OrderId").text());
    if (id.empty()) throw FlowEnd(vendorError(ErrorClass::kSchema, "the answer names no order"));
    Observation observation;
    observation.vendor_order_id = id;
    observation.client_reference = order.number;
    observation.order_status = OrderStatus::kSubmitted;
    observation.links = {{"order", id}};
    return observation;
}

Flow submitOrder(const Order& order) {
    Reply reply = co_await post("order", "/gateway").body("text/xml", orderDocument(order));
    co_return done().observing(placed(reply, order));
}

struct XmlCredentials {
    static Defaults defaults(const Account&) { return {"gateway.vendor.example", "", {}}; }
    static constexpr auto kFlows = flowTable(flow<submitOrder>("order.submit"));
};

}  // namespace

HUB_EXPORT_PLUGIN(XmlCredentials)
