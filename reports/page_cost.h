// The cost section of the HTML report, as JSON. Private to the HTML writer.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "proto/results.pb.h"

namespace weir {

// null without costs; else {"prices", "sentences": […], "scenarios": [{"name", "targets": […],
// "lines": […], "xs": […], "curves": […], "crossings": […]}]}.
nlohmann::json PricesData(const v1::RunResult& run);

}  // namespace weir
