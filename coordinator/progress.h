// Shows a run on the terminal while it goes: a few lines for the stage in hand, rewritten in place;
// where the output is no terminal, one plain line every few seconds. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "coordinator/live/live_run.h"

namespace weir {

class Progress {
 public:
  explicit Progress(std::FILE* out, bool quiet = false);  // quiet: only what Say is told

  void Begin();                     // of a stage
  void Second(const LiveRun& run);  // run.point() is new
  void Say(const std::string& line);
  void End();

 private:
  void Rewrite(const std::vector<std::string>& lines);

  std::FILE* const out_;
  const bool terminal_;
  const bool quiet_;
  size_t open_lines_ = 0;  // of the terminal, that the next second replaces
};

}  // namespace weir
