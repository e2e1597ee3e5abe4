/// What a request may hold, for whoever wrote a member that is none of it.
#pragma once

#include "portal-api/json_case.hpp"

#include <hubsdk/cpp/shape.hpp>

namespace portal {

/// What the reader says of an unknown member, before the name of the shape.
inline constexpr std::string_view kUnknownMember = "is not a member of ";

template <class T>
struct MemberType {
    using type = T;
};
template <class T>
struct MemberType<std::optional<T>> : MemberType<T> {};
template <class T>
struct MemberType<std::vector<T>> : MemberType<T> {};
template <class T>
struct MemberType<hubsdk::Map<T>> : MemberType<T> {};
template <class T>
struct MemberType<hubsdk::Patch<T>> : MemberType<T> {};

/// The members, in camelCase and by comma, of the shape with this name: T or one below it. "" if
/// there is none.
template <class T>
[[nodiscard]] std::string membersOf(std::string_view shape) {
    std::string list;
    if constexpr (hubsdk::Shaped<T>) {
        const auto names = [&list](const auto& row) {
            if (!list.empty()) list += ", ";
            list += camelCase(row.name);
        };
        const auto below = [&]<class Object, class Member>(const hubsdk::Field<Object, Member>&) {
            if (list.empty()) list = membersOf<typename MemberType<Member>::type>(shape);
        };
        const bool here = hubsdk::Shape<T>::kName == shape;
        std::apply([&](const auto&... rows) { here ? (names(rows), ...) : (below(rows), ...); },
                   hubsdk::Shape<T>::kFields);
    }
    return list;
}

/// The error, and with an unknown member those that there are.
template <class Request>
[[nodiscard]] hubsdk::Error withMembers(hubsdk::Error error) {
    const std::string_view message = error.message;
    if (!message.starts_with(kUnknownMember)) return error;
    const auto list = membersOf<Request>(message.substr(kUnknownMember.size()));
    if (!list.empty()) error.message += ", which has " + list;
    return error;
}

}  // namespace portal
