// A dataset: what records look like, and which queries and parameters make sense on them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/api/record.h"
#include "base/random.h"
#include "proto/campaign.pb.h"

namespace weir {

// Values of a query's parameters, with room for their text.
using Parameters = Record;

// Immutable; any thread.
class Dataset : public RecordSource {
 public:
  // Parameters for a query that looks for something near this record. Deterministic in its
  // arguments.
  virtual void MakeParameters(const QuerySpec& query, uint64_t near_record, DrawStream& draws,
                              Parameters* parameters) const = 0;

  // The index of the record with this id; kNoIndex for what is no id of this dataset.
  static constexpr uint64_t kNoIndex = UINT64_MAX;
  virtual uint64_t IndexOf(std::string_view id) const = 0;

  // Mean size of a record as compact JSON, by sampling; for plans.
  virtual uint64_t TypicalJsonBytes() const = 0;
};

// From the campaign's dataset and seed. kInvalidArgument when the settings contradict each other.
absl::StatusOr<std::unique_ptr<Dataset>> MakeDataset(const v1::Dataset& settings, uint64_t seed);

}  // namespace weir
