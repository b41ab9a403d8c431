// The results store: one SQLite file (WAL) with every run. Intervals are appended as they come; the
// rest of a run is written when it changes. Not thread-safe; several processes may read while one
// writes. The file may be damaged, edited or somebody else's: what is read is checked first
// (reports/stored_run.h), and a run that is refused keeps no other from being read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "proto/results.pb.h"

namespace weir {

struct RunSummary {
  std::string id;
  std::string campaign;
  int64_t started_unix_ns;
  v1::RunState state;
  v1::Validity validity;
  uint32_t legs;
  // Why the run cannot be read, as far as its summary tells: its id is none, and names no file.
  std::string damage;
};

class ResultsStore {
 public:
  virtual ~ResultsStore() = default;

  // Inserts or replaces everything of the run except its intervals.
  virtual absl::Status SaveRun(const v1::RunResult& run) = 0;

  // One merged second of a leg. `stage` is the phase the stage began with (load, or warm-up/measure
  // as one): PHASE_LOAD or PHASE_MEASURE. Appending the same (run, leg, stage, second) again is an
  // error.
  virtual absl::Status AppendInterval(const std::string& run_id, uint32_t leg, v1::Phase stage,
                                      const v1::Interval& interval) = 0;

  // SaveRun, and in place of the stage's seconds from `first_second` on these, in order: all of it
  // or, after an error, nothing.
  virtual absl::Status ReplaceFrom(uint32_t first_second, const v1::RunResult& run, uint32_t leg,
                                   v1::Phase stage, const std::vector<v1::Interval>& intervals) = 0;

  virtual absl::StatusOr<std::vector<RunSummary>> ListRuns() const = 0;  // newest first

  // By id, by unique prefix of an id, or "latest". kDataLoss for a run that Weir cannot have
  // written.
  virtual absl::StatusOr<v1::RunResult> LoadRun(const std::string& id) const = 0;

  // In order of stage and second. kDataLoss as above, for the first second that is not sound.
  virtual absl::Status ForEachInterval(
      const std::string& run_id, uint32_t leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) const = 0;
};

// Creates the file and its folder when missing.
absl::StatusOr<std::unique_ptr<ResultsStore>> OpenResultsStore(const std::string& path);

}  // namespace weir
