// A made-up search for capacity on two targets: probes that passed and missed, closed loops, a fit,
// and a target of which nothing was found.
#pragma once

#include "proto/results.pb.h"

namespace weir::test {

v1::RunResult SampleSearch();

}  // namespace weir::test
