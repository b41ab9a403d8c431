// The targets of a stored run, to be connected to again: secrets are read anew from where the
// campaign refers to, and the dataset is made anew from its seed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "backends/api/backend.h"
#include "generators/dataset.h"
#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

struct StoredRun {
  std::unique_ptr<ResultsStore> store;
  v1::RunResult run;
  std::unique_ptr<Dataset> dataset;
};

// `id` as for ResultsStore::LoadRun.
absl::StatusOr<StoredRun> OpenStoredRun(const std::string& store, const std::string& id);

// Each target that keeps records, or only the one named; stops at the first that fails.
// kNotFound when there is none of that name.
absl::Status ForEachTarget(
    const v1::Campaign& campaign, const Dataset& dataset, const std::string& name,
    const std::function<absl::Status(const v1::Target& target, Backend& backend)>& visit);

}  // namespace weir
