/// Test base: one account of a vendor like Checkr, and orders to apply observations to.
#pragma once

#include <string>
#include <vector>

#include "hub/domain/apply.hpp"
#include "hub/storage/storage_fixture.hpp"

namespace hub::domain {

using storage::kNow;

class DomainTest : public storage::StorageTest {
protected:
    DomainTest() : repositories_(*vault_) {
        open();
        scope_ = tenant("acme");
        manifest_.vendor = "checkr";
        manifest_.links = {
            {"report", "unique"}, {"invitation", "unique"}, {"candidate", "narrowing"}};
        account_ = makeAccount(scope_, "main");
    }

    template <class F>
    auto write(F&& unit) {
        auto done = database_->writeFor(storage::WriteQueue::kApply, std::forward<F>(unit));
        if (!done) ADD_FAILURE() << done.error().text();
        return std::move(done).value();
    }
    template <class F>
    auto read(F&& f) {
        return database_->read(std::forward<F>(f));
    }
    [[nodiscard]] UnitOfWork unitOn(storage::Connection& connection) const {
        return {connection, repositories_, scope_, now_};
    }

    storage::Account makeAccount(const storage::TenantScope& scope, const std::string& code) {
        storage::NewAccount account;
        account.plugin_key = "checkr";
        account.provider_name = account.provider_code = code;
        account.state = storage::AccountState::kEnabled;
        return write([&](storage::Connection& c) {
            const auto made = repositories_.accounts.create(c, scope, account, kNow);
            return *repositories_.accounts.find(c, scope, made.id);
        });
    }

    /// An order with these checks, dispatched, and its vendor order in "submitted".
    struct Placed {
        std::string order_id;
        std::string row_id;
    };
    Placed placeIn(storage::Connection& c, const std::string& reference,
                   std::vector<storage::NewCheck> checks = {}) {
        storage::NewOrder order;
        order.person_document = "{}";
        order.account_id = account_.id;
        order.checks = std::move(checks);
        const auto created = repositories_.orders.create(c, scope_, order, now_);
        auto row = repositories_.vendor_orders.create(
            c, scope_, {created.order_id, account_.id, "checkr", reference, {}}, now_);
        submitEnded(unitOn(c), row, SubmitEnd::kPlaced);
        return {created.order_id, row.id};
    }
    Placed place(const std::string& reference = "ref-1",
                 const std::vector<storage::NewCheck>& checks = {}) {
        return write([&](storage::Connection& c) { return placeIn(c, reference, checks); });
    }
    /// A second vendor order of the same order.
    std::string placeAlso(const Placed& placed, const std::string& reference) {
        return write([&](storage::Connection& c) {
            auto row = repositories_.vendor_orders.create(
                c, scope_, {placed.order_id, account_.id, "checkr", reference, {}}, now_);
            submitEnded(unitOn(c), row, SubmitEnd::kPlaced);
            return row.id;
        });
    }

    [[nodiscard]] ApplyContext told() {
        return ApplyContext{account_,
                            manifest_,
                            Source::kTold,
                            false,
                            "delivery",
                            "delivery-" + std::to_string(++sources_),
                            0,
                            std::nullopt,
                            now_,
                            UnknownOrder::kTask,
                            std::nullopt};
    }
    [[nodiscard]] ApplyContext fetched(const std::string& row_id, std::int64_t started_ms = 0) {
        ApplyContext context = told();
        context.source = Source::kFetched;
        context.source_kind = "flow_step";
        context.vendor_order_row_id = row_id;
        context.fetch_started_ms = started_ms == 0 ? now_ + ++fetches_ : started_ms;
        return context;
    }
    Applied apply(const hubsdk::Observation& said, const ApplyContext& context) {
        return write(
            [&](storage::Connection& c) { return applyObservation(unitOn(c), said, context); });
    }
    Applied fetch(const Placed& placed, const hubsdk::Observation& said) {
        return apply(said, fetched(placed.row_id));
    }

    [[nodiscard]] storage::Order order(const Placed& placed) {
        return read([&](storage::Connection& c) {
            return *repositories_.orders.find(c, scope_, placed.order_id);
        });
    }
    [[nodiscard]] storage::VendorOrder vendorOrder(const std::string& row_id) {
        return read([&](storage::Connection& c) {
            return *repositories_.vendor_orders.find(c, scope_, row_id);
        });
    }
    [[nodiscard]] std::vector<storage::Check> checks(const Placed& placed) {
        return read([&](storage::Connection& c) {
            return repositories_.orders.checks(c, scope_, placed.order_id);
        });
    }
    [[nodiscard]] std::vector<storage::Finding> findings(const Placed& placed) {
        return read([&](storage::Connection& c) {
            return repositories_.orders.findings(c, scope_, placed.order_id);
        });
    }
    [[nodiscard]] std::int64_t alerts(std::string_view type) {
        return count("SELECT COUNT(*) FROM alert WHERE alert_type = ?", {type});
    }
    [[nodiscard]] std::int64_t tasks(std::string_view kind) {
        return count("SELECT COUNT(*) FROM task WHERE kind = ?", {kind});
    }

    storage::Repositories repositories_;
    storage::TenantScope scope_ = storage::TenantScope::afterAuthentication("none");
    hubsdk::Manifest manifest_;
    storage::Account account_;
    std::int64_t now_ = kNow;
    int sources_ = 0;
    int fetches_ = 0;
};

/// What a test says in the vendor's name.
inline hubsdk::Observation said(std::optional<hubsdk::OrderStatus> status,
                                std::optional<hubsdk::CheckOutcome> overall = std::nullopt) {
    hubsdk::Observation observation;
    observation.order_status = status;
    observation.overall_outcome = overall;
    return observation;
}
inline hubsdk::Check checkSaid(const std::string& id, std::optional<hubsdk::CheckType> type,
                               std::optional<hubsdk::CheckOutcome> outcome) {
    hubsdk::Check check;
    check.vendor_check_id = id;
    check.type = type;
    check.raw_type = "raw";
    check.outcome = outcome;
    return check;
}
inline hubsdk::Link linkOf(const std::string& type, const std::string& id) {
    hubsdk::Link link;
    link.type = type;
    link.id = id;
    return link;
}

}  // namespace hub::domain
