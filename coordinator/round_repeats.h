// How a comparison grows while it runs. A round of it in which a gate failed is run once more,
// whole: every target, so that the members of a pair stay neighbours in time (R28). Only gates of
// the generator and its environment lead to that; what a database did is a result, and choosing
// among results would be bias (R9).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "coordinator/run_program.h"
#include "proto/results.pb.h"

namespace weir {

// To be called when the leg of steps[step] is over and judged. If that ends a round that was
// spoiled for the first time, sets its legs aside, adds others to the run and their steps to the
// program, right after this one, and says so in a line; else the line is empty.
std::string RepeatSpoiledRound(uint32_t agents, size_t step, RunProgram* program,
                               v1::RunResult* run);

// R27: to be called when the last step of the program is over and judged. If the campaign allows an
// extension, had none yet, and a declared metric shows no difference, adds as many rounds again,
// and says so in a line; else the line is empty.
std::string ExtendRounds(uint32_t agents, RunProgram* program, v1::RunResult* run);

}  // namespace weir
