/// The documents of a flow: what starts it, its journal, and the action that comes next
/// (docs/adr/0004-flows-as-replayed-coroutines.md).
#pragma once

#include <hubsdk/model/delivery.hpp>
#include <hubsdk/model/order.hpp>

namespace hubsdk {

/// A tenant's connection to a vendor, without secrets.
struct AccountInput {
    std::string id;
    Raw settings;  ///< as the manifest's settings schema says
};
template <>
struct Shape<AccountInput> {
    static constexpr std::string_view kName = "AccountInput";
    static constexpr auto kFields =
        std::tuple{field("id", &AccountInput::id, "Our id of the account.", Need::kOptional),
                   field("settings", &AccountInput::settings, "Settings.")};
};

/// What we want from a vendor. Also the input that starts a flow and its first entry: frozen.
struct Command {
    std::string command;  ///< one of commandTable() in <hubsdk/model/manifest.hpp>
    std::optional<std::string> vendor_order_id;
    std::vector<Link> links;
    std::optional<Order> order;
    AccountInput account;
    std::optional<std::string> cursor;
    Raw parameters;                    ///< what else the command takes
    std::optional<Delivery> delivery;  ///< of inbound.request: what the vendor sent; first leg only
    std::string flow_id;
    std::int64_t started_at_ms = 0;  ///< epoch
    std::int64_t leg = 0;
};
template <>
struct Shape<Command> {
    static constexpr std::string_view kName = "Command";
    static constexpr auto kFields = std::tuple{
        field("command", &Command::command, "Name of the command.", lengthMax(64)),
        field("vendor_order_id", &Command::vendor_order_id, "The vendor's order id.",
              lengthMax(100)),
        field("links", &Command::links, "All links of the subject.", lengthMax(200)),
        field("order", &Command::order, "The order, for order commands."),
        field("account", &Command::account, "The account.", Need::kOptional),
        field("cursor", &Command::cursor, "Where the last leg or run ended.", lengthMax(4096)),
        field("parameters", &Command::parameters, "What else the command takes.", Pii::kSensitive),
        field("delivery", &Command::delivery, "What arrived, for inbound.request."),
        field("flow_id", &Command::flow_id, "Id of the flow.", Need::kOptional, lengthMax(64)),
        field("started_at_ms", &Command::started_at_ms, "Epoch milliseconds.", Need::kOptional),
        field("leg", &Command::leg, "Number of the leg, from 0.", Need::kOptional)};
};

struct BlobRef {
    std::string id;
    std::int64_t size_bytes = 0;
    std::string content_type;
    std::string sha256;
};
template <>
struct Shape<BlobRef> {
    static constexpr std::string_view kName = "BlobRef";
    static constexpr auto kFields =
        std::tuple{field("id", &BlobRef::id, "Id of the blob."),
                   field("size_bytes", &BlobRef::size_bytes, "Size."),
                   field("content_type", &BlobRef::content_type, "Media type.", Need::kOptional),
                   field("sha256", &BlobRef::sha256, "Hash, hex.")};
};

struct ReplyEntry {
    std::int64_t status = 0;
    std::vector<Header> headers;
    std::optional<Body> body;
    std::optional<BlobRef> blob;  ///< instead of a body
};
template <>
struct Shape<ReplyEntry> {
    static constexpr std::string_view kName = "ReplyEntry";
    static constexpr auto kFields =
        std::tuple{field("status", &ReplyEntry::status, "HTTP status."),
                   field("headers", &ReplyEntry::headers, "Header fields."),
                   field("body", &ReplyEntry::body, "Raw body."),
                   field("blob", &ReplyEntry::blob, "Where a streamed body went.")};
};

/// One entry of the journal: a step and exactly one of reply, lost, answer, timer.
struct Entry {
    std::string label;
    std::string method;
    std::string host;
    std::string path;
    std::string body_hash;
    std::int64_t at_ms = 0;
    std::int64_t attempts = 1;
    std::optional<ReplyEntry> reply;
    bool lost = false;
    Raw answer;
    bool timer = false;
};
template <>
struct Shape<Entry> {
    static constexpr std::string_view kName = "Entry";
    static constexpr auto kFields =
        std::tuple{field("label", &Entry::label, "Label of the step.", lengthMax(100)),
                   field("method", &Entry::method, "Method of a call.", Need::kOptional),
                   field("host", &Entry::host, "Host of a call.", Need::kOptional),
                   field("path", &Entry::path, "Path of a call.", Need::kOptional),
                   field("body_hash", &Entry::body_hash, "Fingerprint.", Need::kOptional),
                   field("at_ms", &Entry::at_ms, "Epoch milliseconds.", Need::kOptional),
                   field("attempts", &Entry::attempts, "Attempts so far.", Need::kOptional),
                   field("reply", &Entry::reply, "The vendor's reply."),
                   field("lost", &Entry::lost, "Sent, no reply."),
                   field("answer", &Entry::answer, "The host's answer.", Pii::kSensitive),
                   field("timer", &Entry::timer, "The wait is over.")};
};

/// Input of advance.
struct AdvanceInput {
    Command inputs;
    std::vector<Entry> journal;
};
template <>
struct Shape<AdvanceInput> {
    static constexpr std::string_view kName = "AdvanceInput";
    static constexpr auto kFields = std::tuple{
        field("inputs", &AdvanceInput::inputs, "Frozen inputs."),
        field("journal", &AdvanceInput::journal, "What happened in this leg.", lengthMax(64))};
};

/// What a lost answer means: whether the step may be sent again.
enum class Repeat : std::uint8_t { kSafe, kKeyed, kLookUp, kNever };
template <>
struct EnumNames<Repeat> {
    static constexpr std::string_view kName = "Repeat";
    static constexpr std::array<EnumRow<Repeat>, 4> kRows{{{Repeat::kSafe, "safe"},
                                                           {Repeat::kKeyed, "keyed"},
                                                           {Repeat::kLookUp, "look_up"},
                                                           {Repeat::kNever, "never"}}};
};

enum class Transport : std::uint8_t { kHttp, kSftp, kFile };
template <>
struct EnumNames<Transport> {
    static constexpr std::string_view kName = "Transport";
    static constexpr std::array<EnumRow<Transport>, 3> kRows{
        {{Transport::kHttp, "http"}, {Transport::kSftp, "sftp"}, {Transport::kFile, "file"}}};
};

/// A header field made of pieces.
struct PieceHeader {
    std::string name;
    Pieces value;
};
template <>
struct Shape<PieceHeader> {
    static constexpr std::string_view kName = "PieceHeader";
    static constexpr auto kFields =
        std::tuple{field("name", &PieceHeader::name, "Field name."),
                   field("value", &PieceHeader::value, "Pieces.", Need::kRequired)};
};

/// One part of a multipart/form-data body.
struct Part {
    std::string name;
    std::optional<std::string> file_name;
    std::optional<std::string> content_type;
    Pieces value;
};
template <>
struct Shape<Part> {
    static constexpr std::string_view kName = "Part";
    static constexpr auto kFields =
        std::tuple{field("name", &Part::name, "Field name."),
                   field("file_name", &Part::file_name, "File name."),
                   field("content_type", &Part::content_type, "Media type."),
                   field("value", &Part::value, "Pieces; may name a blob.", Need::kRequired)};
};

/// A secret in a reply: taken by the host and blanked before the reply is journalled.
struct Capture {
    std::string at;                      ///< JSON pointer into the reply body
    std::string into;                    ///< name of the secret
    std::string mode = "replace";        ///< add, replace or transient
    std::optional<std::string> expires;  ///< JSON pointer to seconds
};
template <>
struct Shape<Capture> {
    static constexpr std::string_view kName = "Capture";
    static constexpr auto kFields =
        std::tuple{field("at", &Capture::at, "JSON pointer."),
                   field("into", &Capture::into, "Name of the secret."),
                   field("mode", &Capture::mode, "add, replace or transient.", Need::kOptional),
                   field("expires", &Capture::expires, "JSON pointer to seconds.")};
};

/// One request that the host is to send.
struct Call {
    std::string label;
    Transport transport = Transport::kHttp;
    std::string method;
    std::string host;   ///< without scheme and port; of the manifest
    std::string path;   ///< begins with '/'
    std::string query;  ///< encoded, without '?'
    std::vector<PieceHeader> headers;
    Pieces body;
    std::vector<Part> parts;  ///< multipart/form-data, instead of a body
    std::string body_hash;    ///< fingerprint of body and parts
    Repeat repeat = Repeat::kNever;
    std::optional<std::string> key_header;  ///< where the idempotency key goes
    std::optional<std::int64_t> look_up_after_ms;
    std::string credentials = "account";  ///< "none": the host adds nothing
    std::optional<std::string> to;        ///< "blob": stream the reply into a blob
    std::optional<std::int64_t> blob_bytes_max;
    bool download = false;  ///< to a download host; one redirect among them is followed
    std::vector<Capture> captures;
    std::optional<std::int64_t> timeout_ms;
};
template <>
struct Shape<Call> {
    static constexpr std::string_view kName = "Call";
    static constexpr auto kFields = std::tuple{
        field("label", &Call::label, "Label of the step.", lengthMax(100)),
        field("transport", &Call::transport, "http.", Need::kOptional),
        field("method", &Call::method, "Method.", lengthMax(10)),
        field("host", &Call::host, "Host name.", lengthMax(255)),
        field("path", &Call::path, "Path.", lengthMax(8192)),
        field("query", &Call::query, "Query.", Need::kOptional, Pii::kPersonal, lengthMax(8192)),
        field("headers", &Call::headers, "Header fields.", lengthMax(64)),
        field("body", &Call::body, "Body."),
        field("parts", &Call::parts, "Multipart body."),
        field("body_hash", &Call::body_hash, "Fingerprint.", Need::kOptional),
        field("repeat", &Call::repeat, "What a lost answer means.", Need::kOptional),
        field("key_header", &Call::key_header, "Header for the idempotency key."),
        field("look_up_after_ms", &Call::look_up_after_ms, "Earliest search after a loss."),
        field("credentials", &Call::credentials, "account or none.", Need::kOptional),
        field("to", &Call::to, "blob: stream the reply."),
        field("blob_bytes_max", &Call::blob_bytes_max, "Largest blob."),
        field("download", &Call::download, "To a download host."),
        field("capture", &Call::captures, "Secrets in the reply."),
        field("timeout_ms", &Call::timeout_ms, "Whole call; at most 120,000.")};
};

struct Ask {
    std::string label;
    std::string what;  ///< packages, order
    Raw about;
};
template <>
struct Shape<Ask> {
    static constexpr std::string_view kName = "Ask";
    static constexpr auto kFields =
        std::tuple{field("label", &Ask::label, "Label of the step."),
                   field("what", &Ask::what, "packages, order"),
                   field("about", &Ask::about, "Parameters.", Pii::kSensitive)};
};

/// One item of the host's answer to ask "packages": what the account's setting `packages` maps.
struct HostPackage {
    std::string code;            ///< ours
    std::string vendor_package;  ///< the vendor's name for it
    bool operator==(const HostPackage&) const = default;
};
template <>
struct Shape<HostPackage> {
    static constexpr std::string_view kName = "HostPackage";
    static constexpr auto kFields =
        std::tuple{field("code", &HostPackage::code, "Our package."),
                   field("vendor_package", &HostPackage::vendor_package, "The vendor's package.")};
};

/// The host's answer to ask "order", if it knows the order.
struct HostOrder {
    std::string id;
    std::string number;
    std::string status;  ///< as the portal API names it: in_progress, completed …
    bool operator==(const HostOrder&) const = default;
};
template <>
struct Shape<HostOrder> {
    static constexpr std::string_view kName = "HostOrder";
    static constexpr auto kFields = std::tuple{field("id", &HostOrder::id, "Our id."),
                                               field("number", &HostOrder::number, "Our number."),
                                               field("status", &HostOrder::status, "Its state.")};
};

struct Wait {
    std::string label;
    std::int64_t until_ms = 0;
    std::vector<std::string> wake_on;
};
template <>
struct Shape<Wait> {
    static constexpr std::string_view kName = "Wait";
    static constexpr auto kFields =
        std::tuple{field("label", &Wait::label, "Label of the step."),
                   field("until_ms", &Wait::until_ms, "Epoch milliseconds."),
                   field("wake_on", &Wait::wake_on, "Event types that end the wait.")};
};

struct Again {
    std::string label;
    std::optional<std::int64_t> after_ms;
    ErrorClass error_class = ErrorClass::kVendorUnavailable;
    std::optional<VendorError> error;
};
template <>
struct Shape<Again> {
    static constexpr std::string_view kName = "Again";
    static constexpr auto kFields =
        std::tuple{field("label", &Again::label, "The step to repeat."),
                   field("after_ms", &Again::after_ms, "Wait; the host's back-off if absent."),
                   field("class", &Again::error_class, "Why."),
                   field("error", &Again::error, "What the vendor said.")};
};

/// How the host cuts a file into records, each of which becomes a delivery of its own.
struct Records {
    std::string format;                        ///< lines, csv (RFC 4180) or fixed; xlsx is reserved
    std::optional<std::int64_t> record_bytes;  ///< of fixed: the length of each record
    std::int64_t skip = 0;                     ///< records before the first that counts
    bool head = false;  ///< the last record that is skipped precedes each other one: column names
};
template <>
struct Shape<Records> {
    static constexpr std::string_view kName = "Records";
    static constexpr auto kFields =
        std::tuple{field("format", &Records::format, "lines, csv or fixed.", lengthMax(20)),
                   field("record_bytes", &Records::record_bytes, "Length of a fixed record."),
                   field("skip", &Records::skip, "Records that do not count.", Need::kOptional),
                   field("head", &Records::head, "The last skipped one goes before each.")};
};

/// A part of a reply that enters the inbox as a delivery of its own; with `records`, each record of
/// it, also of a reply that went into a blob.
struct Deliver {
    std::string event_key;
    std::string text;            ///< the bytes, if they are text of the plugin's making
    std::optional<Slice> slice;  ///< or where they lie in a reply
    std::string source = "feed";
    std::optional<Records> records;  ///< event_key then names the file: keys come from the records
};
template <>
struct Shape<Deliver> {
    static constexpr std::string_view kName = "Deliver";
    static constexpr auto kFields =
        std::tuple{field("event_key", &Deliver::event_key, "Names the event.", lengthMax(255)),
                   field("text", &Deliver::text, "The bytes.", Need::kOptional, Pii::kSensitive),
                   field("slice", &Deliver::slice, "Where the bytes lie."),
                   field("source", &Deliver::source, "feed or file.", Need::kOptional),
                   field("records", &Deliver::records, "Cut into records by the host.")};
};

/// The answer to an inbound request.
struct Answer {
    std::int64_t status = 200;
    std::vector<PieceHeader> headers;
    Pieces body;
};
template <>
struct Shape<Answer> {
    static constexpr std::string_view kName = "Answer";
    static constexpr auto kFields = std::tuple{field("status", &Answer::status, "HTTP status."),
                                               field("headers", &Answer::headers, "Header fields."),
                                               field("body", &Answer::body, "Body.")};
};

enum class ActionKind : std::uint8_t { kCall, kAsk, kWait, kAgain, kContinue, kDone, kFailed };
template <>
struct EnumNames<ActionKind> {
    static constexpr std::string_view kName = "ActionKind";
    static constexpr std::array<EnumRow<ActionKind>, 7> kRows{{{ActionKind::kCall, "call"},
                                                               {ActionKind::kAsk, "ask"},
                                                               {ActionKind::kWait, "wait"},
                                                               {ActionKind::kAgain, "again"},
                                                               {ActionKind::kContinue, "continue"},
                                                               {ActionKind::kDone, "done"},
                                                               {ActionKind::kFailed, "failed"}}};
};

/// The next action of a flow. Only the members of its kind are set; each may carry observations and
/// deliveries, which are committed with the step.
struct Action {
    ActionKind action = ActionKind::kDone;
    std::vector<Call> calls;
    std::optional<Ask> ask;
    std::optional<Wait> wait;
    std::optional<Again> again;
    std::optional<Command> next;  ///< of continue
    Raw result;                   ///< of done
    std::optional<Answer> answer;
    std::optional<std::string> cursor;
    std::optional<VendorError> error;
    std::vector<Observation> observations;
    std::vector<Deliver> deliver;
    std::vector<std::string> changed_bodies;  ///< answered steps whose body would differ now
};
template <>
struct Shape<Action> {
    static constexpr std::string_view kName = "Action";
    static constexpr auto kFields = std::tuple{
        field("action", &Action::action, "Kind."),
        field("calls", &Action::calls, "1 to 16 calls.", lengthMax(16)),
        field("ask", &Action::ask, "Question to the host."),
        field("wait", &Action::wait, "Pause."),
        field("again", &Action::again, "Repeat a step."),
        field("command", &Action::next, "First entry of the next leg."),
        field("result", &Action::result, "What the caller gets.", Pii::kSensitive),
        field("answer", &Action::answer, "Answer of an inbound request."),
        field("cursor", &Action::cursor, "Stored with the end.", lengthMax(4096)),
        field("error", &Action::error, "Why it failed."),
        field("observations", &Action::observations, "What the vendor said.", lengthMax(10000)),
        field("deliver", &Action::deliver, "New deliveries.", lengthMax(20000)),
        field("changed_bodies", &Action::changed_bodies, "Labels whose body differs now.")};
};

namespace internal {
// An action must hold the member of its kind: the host goes on with it unseen.
bool readValue(Json json, Action& value, const FieldRules& rules, ReadContext& context);
}  // namespace internal

}  // namespace hubsdk
