/// Flows: straight-line conversations with a vendor, written as coroutines and replayed from the
/// journal at every step (docs/adr/0004-flows-as-replayed-coroutines.md).
///
///     Flow submitOrder(const Order& order, const Account& account) {
///         const std::string body = screeningBody(order, account.package(order.package));
///         const Reply created = co_await post("create", "/screenings").json(body).keyed();
///         co_return done().observing(submitted(created));
///     }
///
/// A co_await returns at once for what the journal already holds; the first thing that it does not
/// hold becomes the action, and the coroutine is destroyed. So a flow must do nothing but compute.
///
/// Traps of g++ 12 (`./dev lint` looks for them): no braced list, no conditional operator and no
/// awaited aggregate temporary in an expression that awaits. Build bodies in named functions.
///
/// Threads: one call of advance runs on one thread, which its objects never leave; calls on several
/// threads at once share nothing.
#pragma once

#include <hubsdk/cpp/request.hpp>

#include <coroutine>
#include <exception>

namespace hubsdk {

/// Settings of an account, without secrets. A view; valid during the call.
class Account {
public:
    Account(std::string id, Json settings) : id_(std::move(id)), settings_(settings) {}
    [[nodiscard]] const std::string& id() const { return id_; }
    [[nodiscard]] Json settings() const { return settings_; }
    /// The text of a setting, or `fallback`.
    [[nodiscard]] std::string_view text(std::string_view name,
                                        std::string_view fallback = {}) const {
        return settings_[name].text(fallback);
    }
    /// The vendor's name of one of our packages (setting `packages`), or the same name.
    [[nodiscard]] std::string_view package(std::string_view ours) const {
        return settings_["packages"][ours].text(ours);
    }

private:
    std::string id_;
    Json settings_;
};

/// What every request of a plugin begins with.
struct Defaults {
    std::string host;       ///< one of the manifest's hosts
    std::string base_path;  ///< "" or "/v1"
    std::vector<PieceHeader> headers;
};

/// How a flow ends. Made by done(), failed(), nextLeg() and pages(). What is added here is applied
/// in the transaction that ends the leg.
class Outcome {
public:
    explicit Outcome(Action action) : action_(std::move(action)) {}
    /// Added to what was observed before.
    Outcome&& observing(Observation observation) &&;
    Outcome&& observing(std::vector<Observation> observations) &&;
    /// Parts of replies of this leg that become deliveries of their own (Reply::cut, records).
    Outcome&& delivering(std::vector<Deliver> deliveries) &&;
    /// What the caller of the command gets. A JSON text.
    Outcome&& result(std::string json) &&;
    /// inbound.request only: what the vendor gets.
    Outcome&& answering(Answer answer) &&;
    /// feed.sync only: where the next run goes on.
    Outcome&& cursor(std::string cursor) &&;
    [[nodiscard]] Action take() { return std::move(action_); }

private:
    Action action_;
};
[[nodiscard]] Outcome done();
/// The flow ends as failed with this error.
[[nodiscard]] Outcome failed(VendorError error);
[[nodiscard]] Outcome failed(ErrorClass error_class, std::string message);
/// Not an end: the hub keeps the reply in the attempt log and sends its step once more, with the
/// same key, after `error.retry_after_ms` or its own back-off. For errors that stand inside a 2xx;
/// `reply` is the one awaited last. Whatever was observed since is observed anew after the next
/// reply.
[[nodiscard]] Outcome again(const Reply& reply, VendorError error);
/// Ends this leg: the next one starts with an empty journal and this cursor.
[[nodiscard]] Outcome nextLeg(const Command& inputs, std::string cursor);
/// For lists that are read page by page: the next leg if there is a next page, else done().
[[nodiscard]] Outcome pages(const Command& inputs, std::optional<std::string> next_cursor);

/// A VendorError that is not retryable.
[[nodiscard]] VendorError vendorError(ErrorClass error_class, std::string message);

/// Thrown by author's code, and by Reply, to end the flow as failed. Never leaves the library.
class FlowEnd : public std::exception {
public:
    explicit FlowEnd(VendorError error) : error_(std::move(error)) {}
    [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }
    [[nodiscard]] const VendorError& error() const { return error_; }

private:
    VendorError error_;
};

/// How a reply that is neither 2xx nor allowed is read; the SDK's default follows the status
/// (src/classify.cpp). A plugin may give its own (see plugin.hpp).
using Classify = VendorError (*)(const Reply& reply);
[[nodiscard]] VendorError classifyByStatus(const Reply& reply);

/// The state of one call of advance: journal, position, and the action that came out of it.
class FlowRun {
public:
    FlowRun(const AdvanceInput& input, Defaults defaults, Classify classify);
    FlowRun(const FlowRun&) = delete;
    FlowRun& operator=(const FlowRun&) = delete;
    ~FlowRun();

    /// The run of this thread. Only inside a flow.
    [[nodiscard]] static FlowRun& current();

    [[nodiscard]] const Command& inputs() const { return input_.inputs; }
    [[nodiscard]] std::int64_t now() const { return now_ms_; }
    [[nodiscard]] bool decided() const { return action_.has_value(); }
    void decide(Action action);
    /// The final action. If the coroutine neither ended nor asked for anything: failed, internal.
    [[nodiscard]] Action take();

    /// Whether the journal answers all of them; if not, the action is decided.
    bool answersTo(std::vector<Request>& requests, Replies& replies);
    /// The entry that answers this step; null if there is none, and then the action is decided.
    const Entry* answerTo(const Ask& ask);
    const Entry* answerTo(const Wait& wait);
    /// Observations and deliveries that the next action carries.
    void observe(Observation observation);
    void deliver(Deliver deliver);

private:
    const Entry* next(std::string_view label);
    bool matches(const Entry& entry, const Call& call);
    bool accepts(const Entry& entry, const Request& request);
    void complete(Call& call, bool takes_defaults) const;
    // False, and decided as diverged, if the journal holds a step that nothing asked for.
    bool checkLeftOver(std::string_view is);
    void dropCommitted();

    const AdvanceInput& input_;
    Defaults defaults_;
    Classify classify_;
    std::vector<bool> used_;
    std::int64_t now_ms_;
    std::optional<Action> action_;
    std::vector<Observation> observations_;
    std::vector<Deliver> deliveries_;
    std::vector<std::string> changed_bodies_;
    FlowRun* outer_;
};

namespace internal {

// The awaitables all have the same life: ready if the journal answers, else suspended for ever.
struct ReplyAwaiter {
    Request request;
    Reply reply;
    bool ready = false;
    explicit ReplyAwaiter(Request given);
    [[nodiscard]] bool await_ready() const noexcept { return ready; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    Reply await_resume() { return std::move(reply); }
};
struct RepliesAwaiter {
    Replies replies;
    bool ready = false;
    explicit RepliesAwaiter(Requests given);
    [[nodiscard]] bool await_ready() const noexcept { return ready; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    Replies await_resume() { return std::move(replies); }
};
struct AnswerAwaiter {
    std::string json;
    bool ready = false;
    explicit AnswerAwaiter(const Question& question);
    [[nodiscard]] bool await_ready() const noexcept { return ready; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    std::string await_resume() { return std::move(json); }
};
struct PauseAwaiter {
    std::string event;  ///< the type that ended the wait; empty: its time came
    bool ready = false;
    explicit PauseAwaiter(const Pause& pause);
    [[nodiscard]] bool await_ready() const noexcept { return ready; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    std::string await_resume() { return std::move(event); }
};

// What both promises share: only these things may be awaited, everything else does not compile.
struct PromiseBase {
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    ReplyAwaiter await_transform(Request&& request) { return ReplyAwaiter(std::move(request)); }
    RepliesAwaiter await_transform(Requests&& requests) {
        return RepliesAwaiter(std::move(requests));
    }
    AnswerAwaiter await_transform(Question&& question) { return AnswerAwaiter(question); }
    PauseAwaiter await_transform(Pause&& pause) { return PauseAwaiter(pause); }
    template <class Other>
    Other&& await_transform(Other&& other) {
        static_assert(
            requires { typename std::remove_cvref_t<Other>::TaskValue; },
            "a flow may await a Request, all(...), ask(...), waitUntil(...) or a Task<T>");
        return std::forward<Other>(other);
    }
};

}  // namespace internal

/// A sub-flow: awaited inside a Flow or another Task. Starts at once when it is called.
template <class T>
class [[nodiscard]] Task {
public:
    using TaskValue = T;
    struct promise_type : internal::PromiseBase {
        std::optional<T> value;
        std::exception_ptr problem;
        Task get_return_object() {
            return Task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        void return_value(T given) { value.emplace(std::move(given)); }
        void unhandled_exception() { problem = std::current_exception(); }
    };

    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    [[nodiscard]] bool await_ready() const noexcept { return handle_.done(); }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    T await_resume() {
        if (handle_.promise().problem) std::rethrow_exception(handle_.promise().problem);
        return std::move(*handle_.promise().value);
    }

private:
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

/// What a flow function returns. Owned by the runner; authors never touch it.
class [[nodiscard]] Flow {
public:
    struct promise_type : internal::PromiseBase {
        Flow get_return_object() {
            return Flow(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        void return_value(Outcome outcome) { FlowRun::current().decide(outcome.take()); }
        void unhandled_exception();
    };

    Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Flow(const Flow&) = delete;
    Flow& operator=(const Flow&) = delete;
    Flow& operator=(Flow&&) = delete;
    ~Flow() {
        if (handle_) handle_.destroy();
    }

private:
    explicit Flow(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

/// The time of the last entry of the journal, epoch milliseconds: the only clock of a flow.
[[nodiscard]] std::int64_t now();
/// A stable id for that name in this flow: the same at every replay.
[[nodiscard]] std::string id(std::string_view name);
/// Adds an observation to the next action, before the flow ends.
void observe(Observation observation);
/// Adds a delivery to the next action.
void deliver(Deliver deliver);

}  // namespace hubsdk
