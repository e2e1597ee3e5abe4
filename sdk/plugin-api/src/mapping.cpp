#include <hubsdk/cpp/mapping.hpp>

#include <algorithm>

namespace hubsdk {

void Unmapped::add(std::string_view word) {
    std::string kept = clipped(trimmed(word), kUnmappedBytesMax);
    if (kept.empty() || std::ranges::find(words_, kept) != words_.end()) return;
    words_.push_back(std::move(kept));
}

Patch<std::string> timeSaid(Json value) {
    if (value.kind() == JsonKind::kNull) return nullptr;
    return utcOf(value.text());
}

}  // namespace hubsdk
