#include "coordinator/suggestion.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace weir {
namespace {

// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] = std::min(
          {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string Nearest(absl::string_view word, const std::vector<std::string>& words) {
  constexpr size_t kLongest = 64;  // of words worth comparing
  if (word.size() > kLongest) return "";
  const std::string lower = absl::AsciiStrToLower(word);
  std::string nearest;
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    const size_t distance = EditDistance(lower, absl::AsciiStrToLower(candidate));
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string Suggestion(absl::string_view word, const std::vector<std::string>& words) {
  const std::string nearest = Nearest(word, words);
  if (!nearest.empty()) return absl::StrCat("; did you mean '", nearest, "'?");
  if (words.empty()) return "";
  constexpr size_t kMost = 12;
  const auto end = words.begin() + static_cast<ptrdiff_t>(std::min(kMost, words.size()));
  return absl::StrCat("; there are: ", absl::StrJoin(words.begin(), end, ", "),
                      words.size() > kMost ? ", …" : "");
}

}  // namespace weir
