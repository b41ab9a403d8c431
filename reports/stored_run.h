// Whether what a results store holds can be a run of Weir's (R58): the file may be damaged, edited
// or somebody else's, and whoever reads a run takes its indices, seconds and histograms as they
// stand. What the schema says of single fields is held by measure/message_rules.h, the rest here.
// Nothing asks for a field: a run of an older Weir lacks what came later, and is sound. A rule of
// the schema that gets narrower refuses older runs, unless the store's version grows. Pure.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "measure/tally_bounds.h"
#include "proto/results.pb.h"

namespace weir {

// Each of these is kInvalidArgument with the field and what is wrong with it, for a person to read;
// nothing of the run is quoted.

// "[A-Za-z0-9._-]{1,128}": what a file's name may be made of.
absl::Status CheckStoredId(absl::string_view id);

// The run without its seconds.
absl::Status CheckStoredRun(const v1::RunResult& run);

// The seconds of one leg, as they lie in the store: by stage, in order.
class StoredSeconds {
 public:
  // `operations`: as many as the leg has.
  explicit StoredSeconds(uint32_t operations);

  absl::Status Check(int stage, int64_t second, const v1::Interval& interval);

 private:
  absl::Status CheckPlace(int stage, int64_t second, const v1::Interval& interval);
  absl::Status CheckPart(const v1::OperationInterval& part);

  const uint32_t operations_;
  TallyBounds sums_;
  int stage_ = 0;
  int64_t seen_ = 0;  // seconds of the stage
};

}  // namespace weir
