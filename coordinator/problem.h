// A mistake in a campaign, where it stands, and what to do about it. Plain values.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

// A place in a campaign file, or in one of the --set options (then `file` names the option).
struct Place {
  std::string file;
  int line = 0;    // from 1; 0 when there is no line: a --set, or the file as a whole
  int column = 0;  // from 1, in characters
};

struct Problem {
  std::string file;
  int line = 0;  // as in Place
  int column = 0;
  std::string message;  // what is wrong, and what to do
};

// "quickstart.yaml:12:7: unknown key 'reccords'; did you mean 'records'?"
std::string ToString(const Problem& problem);

Problem ProblemAt(const Place& place, std::string message);

// By line and column; those without a line (the --set options) last, in their order.
void SortByPlace(std::vector<Problem>* problems);

// What somebody wrote, fit to be shown in one line of a terminal: escaped and shortened, in quotes.
std::string InQuotes(absl::string_view text);

}  // namespace weir
