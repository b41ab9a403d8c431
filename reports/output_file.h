// Writes a file so that readers see the old one or the whole new one, never half of it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace weir {

// Creates missing folders, writes to a temporary file beside `path`, then renames it.
absl::Status WriteOutputFile(const std::string& path, std::string_view content);

}  // namespace weir
