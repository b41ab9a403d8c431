// The backend that does nothing: operations succeed at once, or after a fixed service time. What a
// run against it shows is the harness itself.
#pragma once

#include <memory>

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

std::unique_ptr<Backend> MakeNullBackend(const v1::NullTarget& target, const RecordSource& records);

}  // namespace weir
