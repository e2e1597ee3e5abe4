/// The form in which a delivery's request line and header fields lie in the inbox.
#pragma once

#include <hubsdk/model/delivery.hpp>

namespace hub::ingress {

struct StoredRequest {
    std::string method;
    std::string path;
    std::string query;
};

struct StoredHeaders {
    std::vector<hubsdk::Header> fields;
};

}  // namespace hub::ingress

namespace hubsdk {
template <>
struct Shape<hub::ingress::StoredRequest> {
    static constexpr std::string_view kName = "StoredRequest";
    static constexpr auto kFields =
        std::tuple{field("method", &hub::ingress::StoredRequest::method, "Method."),
                   field("path", &hub::ingress::StoredRequest::path, "Path behind the endpoint."),
                   field("query", &hub::ingress::StoredRequest::query, "Query.")};
};
template <>
struct Shape<hub::ingress::StoredHeaders> {
    static constexpr std::string_view kName = "StoredHeaders";
    static constexpr auto kFields = std::tuple{
        field("fields", &hub::ingress::StoredHeaders::fields, "Header fields without proofs.")};
};
}  // namespace hubsdk
