// Compares text with a file of the source tree. WEIR_UPDATE_GOLDEN=1 rewrites the file instead.
#pragma once

#include <string>

namespace weir::test {

// `path` from the root of the source tree, which is the tests' working directory.
void ExpectMatchesFile(const std::string& text, const std::string& path);

std::string ReadWhole(const std::string& path);

}  // namespace weir::test
