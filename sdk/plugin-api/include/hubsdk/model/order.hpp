/// The order as a plugin sees it when it places one.
#pragma once

#include <hubsdk/model/observation.hpp>

namespace hubsdk {

struct Address {
    std::optional<std::string> street;
    std::optional<std::string> city;
    std::optional<std::string> region;  ///< state or province, two letters where there are such
    std::optional<std::string> postal_code;
    std::string country = "US";  ///< ISO 3166-1 alpha-2
};
template <>
struct Shape<Address> {
    static constexpr std::string_view kName = "Address";
    static constexpr auto kFields = std::tuple{
        field("street", &Address::street, "Street and number.", Pii::kPersonal, lengthMax(255)),
        field("city", &Address::city, "City.", Pii::kPersonal, lengthMax(100)),
        field("region", &Address::region, "State or province.", lengthMax(50)),
        field("postal_code", &Address::postal_code, "Postal code.", Pii::kPersonal, lengthMax(20)),
        field("country", &Address::country, "ISO 3166-1 alpha-2.", Need::kOptional, lengthMax(2))};
};

struct DriverLicense {
    std::string number;
    std::string state;
};
template <>
struct Shape<DriverLicense> {
    static constexpr std::string_view kName = "DriverLicense";
    static constexpr auto kFields = std::tuple{
        field("number", &DriverLicense::number, "Number.", Pii::kSensitive, lengthMax(30)),
        field("state", &DriverLicense::state, "Issuing state.", lengthMax(10))};
};

/// The person. An invitation needs only the e-mail address; a direct order needs the rest.
struct Applicant {
    std::optional<std::string> first_name;
    std::optional<std::string> middle_name;
    bool no_middle_name = false;
    std::optional<std::string> last_name;
    std::string email;
    std::optional<std::string> phone;
    std::optional<std::string> date_of_birth;
    std::optional<std::string> ssn;  ///< nine digits, no separators
    std::optional<Address> address;
    std::optional<DriverLicense> driver_license;
};
template <>
struct Shape<Applicant> {
    static constexpr std::string_view kName = "Applicant";
    static constexpr auto kFields = std::tuple{
        field("first_name", &Applicant::first_name, "Given name.", Pii::kPersonal, lengthMax(100)),
        field("middle_name", &Applicant::middle_name, "Middle name.", Pii::kPersonal,
              lengthMax(100)),
        field("no_middle_name", &Applicant::no_middle_name, "The person has none."),
        field("last_name", &Applicant::last_name, "Family name.", Pii::kPersonal, lengthMax(100)),
        field("email", &Applicant::email, "E-mail.", Pii::kPersonal, Format::kEmail,
              lengthMax(255)),
        field("phone", &Applicant::phone, "Phone.", Pii::kPersonal, lengthMax(20)),
        field("date_of_birth", &Applicant::date_of_birth, "Day of birth.", Pii::kSensitive,
              Format::kDate),
        field("ssn", &Applicant::ssn, "US social security number.", Pii::kRestricted,
              lengthMax(11)),
        field("address", &Applicant::address, "Current address."),
        field("driver_license", &Applicant::driver_license, "Driving licence.")};
};

struct WorkLocation {
    std::string country = "US";
    std::optional<std::string> region;
    std::optional<std::string> city;
};
template <>
struct Shape<WorkLocation> {
    static constexpr std::string_view kName = "WorkLocation";
    static constexpr auto kFields =
        std::tuple{field("country", &WorkLocation::country, "ISO 3166-1 alpha-2.", Need::kOptional,
                         lengthMax(2)),
                   field("region", &WorkLocation::region, "State or province.", lengthMax(50)),
                   field("city", &WorkLocation::city, "City.", lengthMax(100))};
};

/// Who collects the applicant's data and consent.
enum class ConsentFlow : std::uint8_t { kHosted, kOwn };
template <>
struct EnumNames<ConsentFlow> {
    static constexpr std::string_view kName = "ConsentFlow";
    static constexpr std::array<EnumRow<ConsentFlow>, 2> kRows{
        {{ConsentFlow::kHosted, "hosted"}, {ConsentFlow::kOwn, "own"}}};
};

struct Order {
    std::string id;
    std::string number;  ///< our reference, which the vendor gives back as client_reference
    std::string package;
    ConsentFlow consent_flow = ConsentFlow::kHosted;
    Applicant applicant;
    std::optional<WorkLocation> work_location;
    std::vector<std::string> tags;
};
template <>
struct Shape<Order> {
    static constexpr std::string_view kName = "Order";
    static constexpr auto kFields =
        std::tuple{field("id", &Order::id, "Our id.", Need::kOptional, lengthMax(36)),
                   field("number", &Order::number, "Our reference.", lengthMax(50)),
                   field("package", &Order::package, "Our package code.", lengthMax(100)),
                   field("consent_flow", &Order::consent_flow, "hosted by the vendor, or own.",
                         Need::kOptional),
                   field("applicant", &Order::applicant, "The person."),
                   field("work_location", &Order::work_location, "Where the job is."),
                   field("tags", &Order::tags, "Free words.", lengthMax(20))};
};

}  // namespace hubsdk
