// Scalars that carry their unit, as a campaign writes them: durations, sizes, rates, and references
// to secrets. Pure. The messages say what would be right; that of a secret never repeats what was
// given.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "proto/rules.pb.h"

namespace weir {

// "30s", "250ms", "1m30s", "1.5h"; exact; at most ten years. "0" needs no unit.
absl::StatusOr<v1::Duration> ParseDuration(absl::string_view text);

// "512B", "64KiB", "10MiB", "1MB".
absl::StatusOr<v1::Size> ParseSize(absl::string_view text);

// "2000/s", "0.5/s", "300/m": an exact fraction in lowest terms; at most 10⁹ per second.
absl::StatusOr<v1::Rate> ParseRate(absl::string_view text);

// "${env:NAME}", "${file:PATH}".
absl::StatusOr<v1::Secret> ParseSecret(absl::string_view text);

// "1m30s", "250ms"; parses back to the same duration.
std::string FormatDuration(int64_t ns);

}  // namespace weir
