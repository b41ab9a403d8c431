// What a leg cost the machines, as the HTML report shows it: a table of agents and database
// processes, and lines over time. Private to the HTML writer.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "proto/results.pb.h"
#include "reports/series.h"

namespace weir {

// {"agents": [{"name", "cpu", …}], "processes": […]}, of the measure phase.
nlohmann::json CostData(const v1::RunResult& run, const v1::Leg& leg);

// Appends one point to lines {"agents": {name: {"cpu": […], "memory": […], "network": […]}},
// "processes": {…}}: cores, bytes, bytes per second. Of many agents only the busiest and the median
// are drawn.
void AddMachinePoint(const v1::RunResult& run, const SeriesPoint& point, size_t index,
                     nlohmann::json* lines);

// The same for {number: {"ru": […], "throttled": […]}}, per second, of the busiest partitions.
void AddPartitionPoint(const v1::Leg& leg, const SeriesPoint& point, size_t index,
                       nlohmann::json* lines);

}  // namespace weir
