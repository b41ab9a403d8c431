// The log records that benches write: a campaign's own defaults, one seed.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "generators/dataset.h"

namespace weir {

// Null when the generators refuse their own defaults.
inline std::unique_ptr<Dataset> MakeSampleLogs(uint64_t records) {
  v1::Dataset settings;
  settings.set_records(records);
  v1::LogsDataset* logs = settings.mutable_logs();
  logs->set_services(64);
  logs->set_hosts(400);
  logs->set_regions(6);
  logs->set_users(100'000);
  logs->set_user_theta(0.99);
  logs->set_records_per_trace(8);
  logs->set_records_per_second(1000);
  auto dataset = MakeDataset(settings, 1);
  return dataset.ok() ? *std::move(dataset) : nullptr;
}

}  // namespace weir
