#include "hub/storage/stored_request.hpp"

namespace hub::storage {

hubsdk::Result<hubsdk::Delivery> deliveryOf(const Delivery& row) {
    auto request = hubsdk::readShape<StoredRequest>(row.request);
    if (!request) return std::move(request).error();
    auto headers = hubsdk::readShape<StoredHeaders>(row.headers);
    if (!headers) return std::move(headers).error();
    hubsdk::Delivery delivery;
    delivery.method = std::move(request->method);
    delivery.path = std::move(request->path);
    delivery.query = std::move(request->query);
    delivery.headers = std::move(headers->fields);
    delivery.body = hubsdk::Body{row.body};
    delivery.source = row.transport;
    return delivery;
}

}  // namespace hub::storage
