// Timestamps as documents hold them: ISO 8601 in UTC with microseconds, 27 characters, so that
// their order as text is their order in time. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cosmos {

inline constexpr size_t kIsoTimeLength = 27;    // "2026-11-21T02:36:08.000000Z"
inline constexpr size_t kIsoMinuteLength = 16;  // "2026-11-21T02:36"

// Years 0 to 9999. Put writes kIsoTimeLength bytes.
void AppendIsoTime(int64_t unix_us, std::string* out);
void PutIsoTime(int64_t unix_us, char* text);

// Exactly that form; nothing otherwise.
std::optional<int64_t> ParseIsoTime(std::string_view text);

}  // namespace weir::cosmos
