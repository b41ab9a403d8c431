// Sets of indices as runs of equal distance, three numbers each, as v1.WriteLedger holds them: the
// first index less that of the run before, how many, and the distance between neighbours. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "google/protobuf/repeated_field.h"

namespace weir {

using IndexRuns = google::protobuf::RepeatedField<uint64_t>;

// Sorts the indices, of which each is there once, and appends their runs to `runs`, which is empty.
void EncodeRuns(std::vector<uint64_t>* indices, IndexRuns* runs);

// In ascending order. kInvalidArgument for what no EncodeRuns can have written, before any visit.
absl::Status ForEachIndex(const IndexRuns& runs, absl::FunctionRef<void(uint64_t)> visit);

// How many indices there are; of runs that ForEachIndex takes.
uint64_t CountIndices(const IndexRuns& runs);

}  // namespace weir
