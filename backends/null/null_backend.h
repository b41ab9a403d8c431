// The backend that does nothing: operations succeed at once, or after a service time, or when a
// queue of servers has come to them (service_queue.h). What a run against it shows is the harness
// itself, or what theory says of a queue.
#pragma once

#include <memory>

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

std::unique_ptr<Backend> MakeNullBackend(const v1::NullTarget& target, const RecordSource& records);

}  // namespace weir
