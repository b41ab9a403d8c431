// Shows a run while it goes: one line per leg and stage, rewritten in place on a terminal, a plain
// line every few seconds elsewhere. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "coordinator/stage_merge.h"
#include "proto/results.pb.h"

namespace weir {

class Progress {
 public:
  explicit Progress(std::FILE* out, bool quiet = false);  // quiet: only what Say is told

  void Begin(const v1::Campaign& campaign, const v1::Leg& leg, v1::Phase stage,
             uint64_t planned_operations);
  void Second(const v1::Leg& leg, const MergedSecond& second);
  void Say(const std::string& line);
  void End();

 private:
  std::string Line(const MergedSecond& merged) const;
  void Show(const std::string& line);

  std::FILE* const out_;
  const bool terminal_;
  const bool quiet_;
  std::string label_;
  v1::Phase stage_ = v1::PHASE_UNSPECIFIED;
  int64_t stage_seconds_ = 0;  // planned length; 0 for a load
  uint64_t records_per_operation_ = 1;
  uint64_t planned_ = 0;
  uint64_t settled_ = 0;
  uint32_t last_second_ = 0;
  bool open_line_ = false;  // the terminal's line is not ended
};

}  // namespace weir
