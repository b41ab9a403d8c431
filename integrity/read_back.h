// Holds what a target holds against what the ledger says (R48): every acknowledged record is there
// once and as it was written, and nothing else. Blocks; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "integrity/ledger_replay.h"

#include "backends/api/backend.h"
#include "generators/dataset.h"

namespace weir {

// A kind of difference: how many, and the first of them in words.
struct Difference {
  static constexpr size_t kShown = 20;

  void Add(std::string words) {
    if (shown.size() < kShown) shown.push_back(std::move(words));
    ++total;
  }

  uint64_t total = 0;
  std::vector<std::string> shown;  // "id 00000000002a1b3c (record 42)"
};

struct ReadBackReport {
  uint64_t required = 0;   // records that must be there
  uint64_t uncertain = 0;  // that may be
  uint64_t read = 0;
  uint64_t sampled = 0;  // point reads; 0: everything was read
  Difference missing;
  Difference duplicate;
  Difference altered;
  Difference unexpected;

  bool whole() const {
    return missing.total + duplicate.total + altered.total + unexpected.total == 0;
  }
};

// One loss among 10⁴ records escapes this many point reads with a probability of 1 %.
inline constexpr uint64_t kSampledReads = 46'050;

absl::StatusOr<ReadBackReport> ReadAllBack(Backend& backend, const Dataset& dataset,
                                           ReplayedLedger* ledger);

// The count of all, and `reads` of them one by one, drawn by the seed.
absl::StatusOr<ReadBackReport> ReadSampleBack(Backend& backend, const Dataset& dataset,
                                              const ReplayedLedger& ledger, uint64_t reads,
                                              uint64_t seed);

}  // namespace weir
