// Writes a file so that readers see the old one or the whole new one, never half of it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace weir {

// Creates missing folders, writes to a temporary file beside `path`, then renames it.
absl::Status WriteOutputFile(const std::string& path, absl::string_view content);

}  // namespace weir
