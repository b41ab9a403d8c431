// "did you mean …": the nearest of the words that would have been right. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

// The word that most likely was meant; empty when none is near.
std::string Nearest(absl::string_view word, const std::vector<std::string>& words);

// "; did you mean 'records'?", or, when none is near, "; there are: a, b, c" (at most a dozen).
std::string Suggestion(absl::string_view word, const std::vector<std::string>& words);

}  // namespace weir
