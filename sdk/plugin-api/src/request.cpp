#include <hubsdk/cpp/flow.hpp>
#include <hubsdk/cpp/text.hpp>

#include <algorithm>

namespace hubsdk {
namespace {

Pieces textPieces(std::string text) {
    Pieces pieces;
    pieces.push_back(piece::text(std::move(text)));
    return pieces;
}

VendorError schemaError(std::string message, const std::string& label) {
    VendorError error;
    error.error_class = ErrorClass::kSchema;
    error.message = std::move(message);
    error.label = label;
    return error;
}

}  // namespace

Request::Request(std::string label, std::string method, std::string path) {
    call_.label = std::move(label);
    call_.repeat = method == "GET" ? Repeat::kSafe : Repeat::kNever;
    call_.method = std::move(method);
    call_.path = std::move(path);
}

Request& Request::operator=(Request&& other) noexcept {
    if (this == &other) return *this;
    call_ = std::move(other.call_);
    allowed_ = std::move(other.allowed_);
    takes_defaults_ = other.takes_defaults_;
    return *this;
}

Request&& Request::query(std::string_view name, std::string_view value) && {
    if (!call_.query.empty()) call_.query += '&';
    call_.query += percentEncoded(name) + "=" + percentEncoded(value);
    return std::move(*this);
}

Request&& Request::header(std::string name, Pieces value) && {
    call_.headers.push_back({std::move(name), std::move(value)});
    return std::move(*this);
}

Request&& Request::header(std::string name, std::string value) && {
    return std::move(*this).header(std::move(name), textPieces(std::move(value)));
}

Request&& Request::body(std::string content_type, Pieces pieces) && {
    call_.headers.push_back({"Content-Type", textPieces(std::move(content_type))});
    call_.body = std::move(pieces);
    return std::move(*this);
}

Request&& Request::json(std::string text) && {
    return std::move(*this).body("application/json", textPieces(std::move(text)));
}

Request&& Request::json(Pieces pieces) && {
    return std::move(*this).body("application/json", std::move(pieces));
}

Request&& Request::form(const std::vector<std::pair<std::string, std::string>>& fields) && {
    std::string text;
    for (const auto& [name, value] : fields) {
        if (!text.empty()) text += '&';
        text += percentEncoded(name) + "=" + percentEncoded(value);
    }
    return std::move(*this).body("application/x-www-form-urlencoded", textPieces(std::move(text)));
}

Request&& Request::part(Part part) && {
    call_.parts.push_back(std::move(part));
    return std::move(*this);
}

Request&& Request::safe() && {
    call_.repeat = Repeat::kSafe;
    return std::move(*this);
}

Request&& Request::keyed(std::string header) && {
    call_.repeat = Repeat::kKeyed;
    call_.key_header = std::move(header);
    return std::move(*this);
}

Request&& Request::lookUp(std::int64_t after_ms) && {
    call_.repeat = Repeat::kLookUp;
    call_.look_up_after_ms = after_ms;
    return std::move(*this);
}

Request&& Request::capture(std::string pointer, std::string secret, std::string mode) && {
    Capture capture;
    capture.at = std::move(pointer);
    capture.into = std::move(secret);
    capture.mode = std::move(mode);
    call_.captures.push_back(std::move(capture));
    return std::move(*this);
}

Request&& Request::capture(Capture capture) && {
    call_.captures.push_back(std::move(capture));
    return std::move(*this);
}

Request&& Request::form(Pieces pieces) && {
    return std::move(*this).body("application/x-www-form-urlencoded", std::move(pieces));
}

Request&& Request::bare() && {
    call_.credentials = "none";
    return std::move(*this);
}

Request&& Request::withoutDefaults() && {
    takes_defaults_ = false;
    return std::move(*this);
}

Request&& Request::download() && {
    call_.download = true;
    return std::move(*this).bare();
}

Request&& Request::toBlob(std::int64_t bytes_max) && {
    call_.to = "blob";
    call_.blob_bytes_max = bytes_max;
    return std::move(*this);
}

Request&& Request::allow(std::vector<int> statuses) && {
    allowed_ = std::move(statuses);
    return std::move(*this);
}

Request&& Request::timeout(std::int64_t milliseconds) && {
    call_.timeout_ms = milliseconds;
    return std::move(*this);
}

Request&& Request::host(std::string name) && {
    call_.host = std::move(name);
    return std::move(*this);
}

bool Request::allows(std::int64_t status) const {
    return (status >= 200 && status < 300) ||
           std::ranges::find(allowed_, static_cast<int>(status)) != allowed_.end();
}

Request get(std::string label, std::string path) {
    return Request(std::move(label), "GET", std::move(path));
}
Request post(std::string label, std::string path) {
    return Request(std::move(label), "POST", std::move(path));
}
Request put(std::string label, std::string path) {
    return Request(std::move(label), "PUT", std::move(path));
}
Request patch(std::string label, std::string path) {
    return Request(std::move(label), "PATCH", std::move(path));
}
Request del(std::string label, std::string path) {
    return Request(std::move(label), "DELETE", std::move(path));
}

Request download(std::string label, std::string_view url) {
    constexpr std::string_view kScheme = "https://";
    const std::string_view rest = url.starts_with(kScheme) ? url.substr(kScheme.size()) : "";
    const std::size_t slash = rest.find('/');
    const std::string_view host = rest.substr(0, slash);
    if (host.empty() || host.find_first_of("@:?# ") != std::string_view::npos) {
        throw FlowEnd(schemaError("the download address is no plain https address", label));
    }
    const std::string_view target = slash == std::string_view::npos ? "/" : rest.substr(slash);
    const std::size_t mark = target.find('?');
    Request request = get(std::move(label), std::string(target.substr(0, mark)));
    request = std::move(request).host(std::string(host)).download();
    if (mark != std::string_view::npos) {
        request = std::move(request).encodedQuery(std::string(target.substr(mark + 1)));
    }
    return request;
}

Request&& Request::encodedQuery(std::string query) && {
    call_.query = std::move(query);
    return std::move(*this);
}

int Reply::status() const { return entry_->reply ? static_cast<int>(entry_->reply->status) : 0; }

std::string_view Reply::body() const {
    if (!entry_->reply || !entry_->reply->body) return {};
    return entry_->reply->body->bytes;
}

const std::string* Reply::header(std::string_view name) const {
    return entry_->reply ? findHeader(entry_->reply->headers, name) : nullptr;
}

const BlobRef* Reply::blob() const {
    return entry_->reply && entry_->reply->blob ? &*entry_->reply->blob : nullptr;
}

Json Reply::json() const {
    if (!parsed_) {
        auto document = JsonDocument::parse(body());
        if (!document)
            throw FlowEnd(schemaError("the reply is no JSON: " + document.error().text(), label_));
        parsed_ = std::make_shared<JsonDocument>(std::move(document).value());
    }
    return parsed_->root();
}

std::string_view Reply::text(std::string_view pointer) const {
    const auto text = json().pointer(pointer).asString();
    if (!text)
        throw FlowEnd(schemaError("the reply has no text at " + std::string(pointer), label_));
    return *text;
}

Slice Reply::slice(std::int64_t from, std::int64_t size) const {
    Slice slice;
    slice.of = SliceOf::kReply;
    slice.name = label_;
    slice.from = from;
    slice.size = size;
    return slice;
}

Deliver Reply::cut(std::string event_key, std::size_t from, std::size_t size,
                   std::string source) const {
    Deliver delivery;
    delivery.event_key = std::move(event_key);
    delivery.slice = slice(static_cast<std::int64_t>(from), static_cast<std::int64_t>(size));
    delivery.source = std::move(source);
    return delivery;
}

Deliver Reply::records(std::string name, Records how) const {
    Deliver delivery;
    delivery.event_key = std::move(name);
    Slice& whole = delivery.slice.emplace();
    whole.of = SliceOf::kReply;
    whole.name = label_;
    delivery.source = "file";
    delivery.records = std::move(how);
    return delivery;
}

Question::Question(std::string label, std::string what, std::string about_json) {
    ask_.label = std::move(label);
    ask_.what = std::move(what);
    ask_.about.json = std::move(about_json);
}

Question ask(std::string label, std::string what, std::string about_json) {
    return Question(std::move(label), std::move(what), std::move(about_json));
}

Pause::Pause(std::string label, std::int64_t until_ms, std::vector<std::string> wake_on) {
    wait_.label = std::move(label);
    wait_.until_ms = until_ms;
    wait_.wake_on = std::move(wake_on);
}

Pause waitUntil(std::string label, std::int64_t epoch_ms, std::vector<std::string> wake_on) {
    return Pause(std::move(label), epoch_ms, std::move(wake_on));
}

}  // namespace hubsdk
