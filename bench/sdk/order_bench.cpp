// Reading and writing the order that a plugin gets, by field table and by hand with nlohmann.
#include <benchmark/benchmark.h>
#include <hubsdk/model/order.hpp>
#include <nlohmann/json.hpp>

namespace {

using hubsdk::Order;

// An order with every member, 2 KB of JSON.
Order fullOrder() {
    Order order;
    order.id = "0190b6a2-7c1d-7e3f-8a4b-5c6d7e8f9a0b";
    order.number = "ORD-2026-0001042";
    order.package = "driver_pro";
    order.consent_flow = hubsdk::ConsentFlow::kOwn;
    order.applicant.first_name = "Zoë";
    order.applicant.middle_name = "Quinn";
    order.applicant.last_name = "O'Brien-Sánchez";
    order.applicant.email = "zoe.obrien@example.com";
    order.applicant.phone = "+14155550132";
    order.applicant.date_of_birth = "1987-06-05";
    order.applicant.ssn = "078051120";
    order.applicant.address.emplace();
    order.applicant.address->street = "1 \"Old\" Mill Road\nFlat 4";
    order.applicant.address->city = "San Francisco";
    order.applicant.address->region = "CA";
    order.applicant.address->postal_code = "94107";
    order.applicant.driver_license.emplace();
    order.applicant.driver_license->number = "F2111655";
    order.applicant.driver_license->state = "CA";
    order.work_location.emplace();
    order.work_location->region = "CA";
    order.work_location->city = "Oakland";
    for (int i = 0; i < 20; ++i) {
        order.tags.push_back("cost centre " + std::to_string(4200 + i) + ", depot north, shift " +
                             std::to_string(i % 3) + ", rehire: no, referred by campus fair");
    }
    return order;
}

const std::string& orderText() {
    static const std::string text = hubsdk::writeShape(fullOrder());
    return text;
}

// What one writes by hand with nlohmann for the same struct, with the same checks left out.
template <class T>
void take(const nlohmann::json& json, const char* name, std::optional<T>& member) {
    const auto found = json.find(name);
    if (found != json.end() && !found->is_null()) member = found->get<T>();
}

void take(const nlohmann::json& json, const char* name, std::optional<hubsdk::Address>& member) {
    const auto found = json.find(name);
    if (found == json.end()) return;
    member.emplace();
    take(*found, "street", member->street);
    take(*found, "city", member->city);
    take(*found, "region", member->region);
    take(*found, "postal_code", member->postal_code);
    member->country = found->value("country", "US");
}

Order orderByHand(std::string_view text) {
    const auto json = nlohmann::json::parse(text);
    Order order;
    order.id = json.value("id", "");
    order.number = json.at("number").get<std::string>();
    order.package = json.at("package").get<std::string>();
    order.consent_flow =
        hubsdk::enumOf<hubsdk::ConsentFlow>(json.at("consent_flow").get<std::string>()).value();
    const auto& applicant = json.at("applicant");
    take(applicant, "first_name", order.applicant.first_name);
    take(applicant, "middle_name", order.applicant.middle_name);
    order.applicant.no_middle_name = applicant.value("no_middle_name", false);
    take(applicant, "last_name", order.applicant.last_name);
    order.applicant.email = applicant.at("email").get<std::string>();
    take(applicant, "phone", order.applicant.phone);
    take(applicant, "date_of_birth", order.applicant.date_of_birth);
    take(applicant, "ssn", order.applicant.ssn);
    take(applicant, "address", order.applicant.address);
    const auto& license = applicant.at("driver_license");
    order.applicant.driver_license.emplace();
    order.applicant.driver_license->number = license.at("number").get<std::string>();
    order.applicant.driver_license->state = license.at("state").get<std::string>();
    const auto& location = json.at("work_location");
    order.work_location.emplace();
    order.work_location->country = location.value("country", "US");
    take(location, "region", order.work_location->region);
    take(location, "city", order.work_location->city);
    order.tags = json.at("tags").get<std::vector<std::string>>();
    return order;
}

std::string textByHand(const Order& order) {
    const auto& applicant = order.applicant;
    nlohmann::json json;
    json["id"] = order.id;
    json["number"] = order.number;
    json["package"] = order.package;
    json["consent_flow"] = hubsdk::nameOf(order.consent_flow);
    auto& person = json["applicant"];
    person["first_name"] = *applicant.first_name;
    person["middle_name"] = *applicant.middle_name;
    person["no_middle_name"] = applicant.no_middle_name;
    person["last_name"] = *applicant.last_name;
    person["email"] = applicant.email;
    person["phone"] = *applicant.phone;
    person["date_of_birth"] = *applicant.date_of_birth;
    person["ssn"] = *applicant.ssn;
    auto& address = person["address"];
    address["street"] = *applicant.address->street;
    address["city"] = *applicant.address->city;
    address["region"] = *applicant.address->region;
    address["postal_code"] = *applicant.address->postal_code;
    address["country"] = applicant.address->country;
    auto& license = person["driver_license"];
    license["number"] = applicant.driver_license->number;
    license["state"] = applicant.driver_license->state;
    auto& location = json["work_location"];
    location["country"] = order.work_location->country;
    location["region"] = *order.work_location->region;
    location["city"] = *order.work_location->city;
    json["tags"] = order.tags;
    return json.dump();
}

void parseTyped(benchmark::State& state) {
    for (auto _ : state) {
        auto order = hubsdk::readShape<Order>(orderText());
        if (!order) state.SkipWithError(order.error().message.c_str());
        benchmark::DoNotOptimize(order);
    }
}
BENCHMARK(parseTyped)->Name("parse the 2 KB order into its struct/ours");

void parseTypedByHand(benchmark::State& state) {
    if (orderText().size() < 1900 || orderText().size() > 2200) state.SkipWithError("not 2 KB");
    if (hubsdk::writeShape(orderByHand(orderText())) != orderText()) {
        state.SkipWithError("the peer does not read the whole order");
    }
    for (auto _ : state) benchmark::DoNotOptimize(orderByHand(orderText()));
}
BENCHMARK(parseTypedByHand)->Name("parse the 2 KB order into its struct/nlohmann");

void parseTree(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(hubsdk::JsonDocument::parse(orderText()));
}
BENCHMARK(parseTree)->Name("parse the 2 KB order into a tree/ours");

void parseTreeByPeer(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(nlohmann::json::parse(orderText()));
}
BENCHMARK(parseTreeByPeer)->Name("parse the 2 KB order into a tree/nlohmann");

void writeTyped(benchmark::State& state) {
    const Order order = fullOrder();
    for (auto _ : state) benchmark::DoNotOptimize(hubsdk::writeShape(order));
}
BENCHMARK(writeTyped)->Name("write the 2 KB order/ours");

void writeTypedByHand(benchmark::State& state) {
    const Order order = fullOrder();
    if (nlohmann::json::parse(textByHand(order)) != nlohmann::json::parse(orderText())) {
        state.SkipWithError("the peer does not write the whole order");
    }
    for (auto _ : state) benchmark::DoNotOptimize(textByHand(order));
}
BENCHMARK(writeTypedByHand)->Name("write the 2 KB order/nlohmann");

}  // namespace
