/// The form in which a delivery's request line and header fields lie in the inbox.
#pragma once

#include <hubsdk/model/delivery.hpp>

#include "hub/storage/inbox_repository.hpp"

namespace hub::storage {

struct StoredRequest {
    std::string method;
    std::string path;
    std::string query;
};

struct StoredHeaders {
    std::vector<hubsdk::Header> fields;
};

/// A stored delivery as `interpret` and flows get it. Its body is a view of the row's, which must
/// outlive it. Fails with the errors of readShape if the row is none of ours. Any thread.
[[nodiscard]] hubsdk::Result<hubsdk::Delivery> deliveryOf(const Delivery& row);

}  // namespace hub::storage

namespace hubsdk {
template <>
struct Shape<hub::storage::StoredRequest> {
    static constexpr std::string_view kName = "StoredRequest";
    static constexpr auto kFields =
        std::tuple{field("method", &hub::storage::StoredRequest::method, "Method."),
                   field("path", &hub::storage::StoredRequest::path, "Path behind the endpoint."),
                   field("query", &hub::storage::StoredRequest::query, "Query.")};
};
template <>
struct Shape<hub::storage::StoredHeaders> {
    static constexpr std::string_view kName = "StoredHeaders";
    static constexpr auto kFields = std::tuple{
        field("fields", &hub::storage::StoredHeaders::fields, "Header fields without proofs.")};
};
}  // namespace hubsdk
