// A planned rate that jumps between calm and burst: the path of a two-state Markov chain, drawn
// from a seed. Poisson arrivals at that rate are a two-state MMPP. Pure; any thread.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"

#include "generators/rate_profile.h"
#include "proto/campaign.pb.h"

namespace weir {

// Spells of both states last exponentially distributed times; the first is either state with the
// probability that it has in the long run, so that the mean rate is the same from the start on.
// kInvalidArgument in the words of a campaign's author.
absl::StatusOr<RateProfile> WithBursts(const RateProfile& calm, const v1::Burst& settings,
                                       uint64_t seed);

}  // namespace weir
