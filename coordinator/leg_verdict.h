// The verdict on a leg and on a run: whether its numbers can be trusted. Pure functions of the
// result.
#pragma once

#include "proto/results.pb.h"

namespace weir {

// Adds to leg->verdict what its results show. Reasons that only the run control knows (a lost
// agent) are added by AddReason beforehand.
void JudgeLeg(const v1::Campaign& campaign, v1::Leg* leg);

// The worst of the legs, with each leg's reasons.
void JudgeRun(v1::RunResult* run);

// Lowers the verdict to `validity` at best: VALID, DEGRADED, UNVERIFIED, PARTIAL,
// INVALID.
void LowerTo(v1::Validity validity, v1::ValidityVerdict* verdict);

// Lowers the verdict and adds the reason.
void AddReason(v1::Validity validity, const std::string& reason, v1::ValidityVerdict* verdict);

}  // namespace weir
