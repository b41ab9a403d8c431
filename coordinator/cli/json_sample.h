// How large the campaign's records are as plain JSON: what a dashboard sets the bytes on the wire
// against.
#pragma once

#include "proto/campaign.pb.h"

namespace weir {

inline constexpr uint64_t kJsonSample = 1'000;

// Mean length in bytes of up to kJsonSample records, evenly spread over the dataset, each as
// compact JSON. 0 when the dataset cannot be made.
double JsonBytesPerRecord(const v1::Campaign& campaign);

}  // namespace weir
