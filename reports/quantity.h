// Quantities as people read them: three significant digits, thousands separators, a fitting unit.
#pragma once

#include <cstdint>
#include <string>

namespace weir {

std::string CountText(double value);   // "0", "1.24", "12,345", "12.3 M"
std::string DurationText(double us);   // "812 µs", "12.4 ms", "3.21 s", "2 min 5 s"
std::string ShareText(double share);   // "0 %", "0.12 %", "< 0.001 %", "12.3 %"
std::string BytesText(double bytes);   // "512 B", "1.21 GiB"
std::string UtcText(int64_t unix_ns);  // "2026-11-21 02:15:00 UTC"
std::string UtcIso(int64_t unix_ns);   // "2026-11-21T02:15:00Z"

}  // namespace weir
