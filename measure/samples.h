// Brings samples of several seconds together: what a machine, a process or a partition took in all
// of them. Pure.
#pragma once

#include "proto/results.pb.h"

namespace weir {

// Sums; the extreme of `most_` fields; of what holds at the end of a span, the later one's.
void AddSample(const v1::ResourceSample& later, v1::ResourceSample* sum);

// CPU adds up; memory and the number of processes are the largest seen.
void AddSample(const v1::ProcessSample& other, v1::ProcessSample* sum);

void AddUse(const v1::PartitionUse& other, v1::PartitionUse* sum);

}  // namespace weir
