// The numbers of one operation, ready to add: the counts of a v1.Tally with its histograms decoded.
// The only place that merges tallies. Not thread-safe.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

#include "measure/histogram.h"
#include "measure/tally_view.h"
#include "proto/results.pb.h"

namespace weir {

class Tally {
 public:
  // Adds everything; on an error (a payload that is not a histogram) this tally is unchanged.
  absl::Status Add(const v1::Tally& other);
  void Add(const Tally& other);

  // Adds what a view shows of histograms, straight from their encoding, but no counts; on an error
  // this tally is unchanged.
  absl::Status AddHistograms(const TallyView& view);
  // Undoes an AddHistograms of this view.
  void TakeBackHistograms(const TallyView& view);

  v1::Tally ToProto() const;
  void Clear();

  // Counts only: the histogram fields of this message stay empty, and `overflow` holds only what
  // came with messages; see Overflow.
  const v1::Tally& counts() const { return counts_; }
  v1::Tally& counts() { return counts_; }

  // Values above Histogram::kHighest, in any of the histograms (R13).
  uint64_t Overflow() const;

  Histogram response;  // ns; see v1.Tally for each
  Histogram service;
  Histogram wait;
  Histogram lag;
  Histogram failed_response;
  Histogram charge;  // milli-RU
  Histogram dispatch_response;
  Histogram server_time;

 private:
  v1::Tally counts_;
};

// Everything that became of operations, except success, unsent and lost.
uint64_t Failures(const v1::Tally& counts);
// What is known to have become of operations: planned = Settled + lost (R42).
uint64_t Settled(const v1::Tally& counts);

// Adds the counts (not the histograms) of one message to another, field by field over the schema,
// so that a new count cannot be forgotten.
void AddCounts(const v1::Tally& from, v1::Tally* to);

}  // namespace weir
