// What the HTML report shows of a leg beside its numbers: gates and agents, steadiness, what
// limited it, as JSON. Private to the HTML writer.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"

namespace weir {

// {"gates": […], "headroom": …, "conservation": …, "agents": […], …}.
absl::StatusOr<nlohmann::json> TrustData(const v1::RunResult& run, const v1::Leg& leg);

// {"text": "NOT STEADY: …", "judged": …, "cut": 5, "changes": [{"series", "second", "text"}]}.
nlohmann::json SteadinessData(const v1::Leg& leg);

// {"place", "sentence", "evidence": […], "waits": […], "counters": […], "events": […], …}.
nlohmann::json LimitData(const v1::Leg& leg);

}  // namespace weir
