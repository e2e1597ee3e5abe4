/// What a flow may await: requests to the vendor, questions to the host, pauses. Values without
/// shared state: each belongs to the flow that made it, on one thread.
#pragma once

#include <hubsdk/model/flow.hpp>

namespace hubsdk {

/// A request under construction. Move-only and no aggregate on purpose: g++ 12 destroys awaited
/// aggregate temporaries twice (docs/write-a-plugin.md). Host, base path and headers that the
/// plugin's `defaults` name are added by the runner. Each label is used once per leg and turn of a
/// loop: the journal tells equal labels apart by their order.
class Request {
public:
    Request(std::string label, std::string method, std::string path);
    Request(Request&&) = default;
    /// Self-assignment is allowed: request = std::move(request).query(…) is what authors write.
    Request& operator=(Request&& other) noexcept;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;
    ~Request() = default;

    Request&& query(std::string_view name, std::string_view value) &&;
    /// Replaces the whole query by text that is already encoded.
    Request&& encodedQuery(std::string query) &&;
    Request&& header(std::string name, Pieces value) &&;
    Request&& header(std::string name, std::string value) &&;
    /// Body of that media type.
    Request&& body(std::string content_type, Pieces pieces) &&;
    /// application/json; the text must be JSON.
    Request&& json(std::string text) &&;
    /// application/json from pieces, for bodies that need a secret or the account's URL.
    Request&& json(Pieces pieces) &&;
    /// application/x-www-form-urlencoded.
    Request&& form(const std::vector<std::pair<std::string, std::string>>& fields) &&;
    /// multipart/form-data; may be called several times.
    Request&& part(Part part) &&;

    /// May be repeated as it is (default of GET).
    Request&& safe() &&;
    /// May be repeated with the same key in this header.
    Request&& keyed(std::string header = "Idempotency-Key") &&;
    /// After a lost answer the flow searches before it sends again, no sooner than this.
    Request&& lookUp(std::int64_t after_ms) &&;

    Request&& capture(std::string pointer, std::string secret, std::string mode = "replace") &&;
    /// As above, with everything a capture may say (`expires`).
    Request&& capture(Capture capture) &&;
    /// application/x-www-form-urlencoded from pieces, for fields that are secrets.
    Request&& form(Pieces pieces) &&;
    /// Sends no header of `defaults` and no credentials.
    Request&& bare() &&;
    /// Sends no header of `defaults`, only what the request names itself: a token request must not
    /// carry the token that it is to renew.
    Request&& withoutDefaults() &&;
    /// Full address of a download host; implies bare().
    Request&& download() &&;
    /// Streams the reply into a blob.
    Request&& toBlob(std::int64_t bytes_max) &&;
    /// The flow wants to see these statuses as replies; others than 2xx end or repeat the step.
    Request&& allow(std::vector<int> statuses) &&;
    /// As above, without a braced list, which an awaiting expression must not hold: allow(404,
    /// 409).
    template <std::same_as<int>... More>
    Request&& allow(int first, More... more) && {
        allowed_ = std::vector<int>{first, more...};
        return std::move(*this);
    }
    /// Instead of the manifest's timeout_ms, for one attempt.
    Request&& timeout(std::int64_t milliseconds) &&;
    /// Another of the manifest's hosts than that of `defaults`.
    Request&& host(std::string name) &&;

    [[nodiscard]] const Call& call() const { return call_; }
    [[nodiscard]] bool allows(std::int64_t status) const;
    [[nodiscard]] bool isBare() const { return call_.credentials == "none"; }
    [[nodiscard]] bool takesDefaults() const { return takes_defaults_ && !isBare(); }

private:
    friend class FlowRun;
    Call call_;
    std::vector<int> allowed_;
    bool takes_defaults_ = true;
};

/// A request with this label. `path` begins with '/', is encoded already (percentEncoded), and goes
/// behind the base path of `defaults`. Nothing is checked here: what the host would refuse ends the
/// flow when it is awaited.
[[nodiscard]] Request get(std::string label, std::string path);
[[nodiscard]] Request post(std::string label, std::string path);
[[nodiscard]] Request put(std::string label, std::string path);
[[nodiscard]] Request patch(std::string label, std::string path);
[[nodiscard]] Request del(std::string label, std::string path);
/// A bare GET of a full https address on a download host. Ends the flow (schema) if it is none.
[[nodiscard]] Request download(std::string label, std::string_view url);

/// A reply of the vendor. Views into the journal: valid during the call of advance.
class Reply {
public:
    Reply() = default;
    Reply(const Entry* entry, std::string label) : entry_(entry), label_(std::move(label)) {}

    /// True if the request was sent and no answer came (requests with lookUp only).
    [[nodiscard]] bool lost() const { return entry_->lost; }
    [[nodiscard]] int status() const;
    [[nodiscard]] const std::string& label() const { return label_; }
    [[nodiscard]] std::string_view body() const;
    [[nodiscard]] const std::string* header(std::string_view name) const;
    /// Where the body went, for requests with toBlob. Null otherwise.
    [[nodiscard]] const BlobRef* blob() const;
    /// The body as JSON. Ends the flow with class schema if it is none.
    [[nodiscard]] Json json() const;
    /// The text of a member by JSON pointer. Ends the flow with class schema if there is none.
    [[nodiscard]] std::string_view text(std::string_view pointer) const;
    /// A slice of the body for a piece or a deliver: bytes [from, from + size).
    [[nodiscard]] Slice slice(std::int64_t from, std::int64_t size) const;
    /// The same bytes as a delivery of their own, for deliver(); `source`: feed or file.
    [[nodiscard]] Deliver cut(std::string event_key, std::size_t from, std::size_t size,
                              std::string source = "feed") const;
    /// The whole reply, its blob too, as one delivery a record. `name` names the file: a record
    /// that was delivered under it before is the same event.
    [[nodiscard]] Deliver records(std::string name, Records how) const;

private:
    const Entry* entry_ = nullptr;
    std::string label_;
    mutable std::shared_ptr<JsonDocument> parsed_;
};

/// A question to the host: co_await ask("packages", "packages"). The answer is JSON.
class Question {
public:
    Question(std::string label, std::string what, std::string about_json);
    [[nodiscard]] const Ask& ask() const { return ask_; }

private:
    Ask ask_;
};
[[nodiscard]] Question ask(std::string label, std::string what, std::string about_json = "null");

/// A pause until a time, or until one of the event types happens to the flow's subject; "delivery"
/// stands for every delivery about it. Gives the type, or "" when the time came:
/// const std::string woken = co_await waitUntil("later", epoch_ms, {"delivery"});
class Pause {
public:
    Pause(std::string label, std::int64_t until_ms, std::vector<std::string> wake_on);
    [[nodiscard]] const Wait& wait() const { return wait_; }

private:
    Wait wait_;
};
[[nodiscard]] Pause waitUntil(std::string label, std::int64_t epoch_ms,
                              std::vector<std::string> wake_on = {});

/// Up to 16 requests at once: Replies both = co_await all(std::move(a), std::move(b)).
class Requests {
public:
    explicit Requests(std::vector<Request> requests) : requests_(std::move(requests)) {}
    [[nodiscard]] std::vector<Request>& list() { return requests_; }

private:
    std::vector<Request> requests_;
};
template <class... More>
[[nodiscard]] Requests all(Request first, More... more) {
    static_assert(sizeof...(More) < 16, "at most 16 requests at once");
    std::vector<Request> list;
    list.reserve(1 + sizeof...(More));
    list.push_back(std::move(first));
    (list.push_back(std::move(more)), ...);
    return Requests(std::move(list));
}
using Replies = std::vector<Reply>;

}  // namespace hubsdk
