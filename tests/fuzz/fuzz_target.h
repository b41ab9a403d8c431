// What every fuzz target gives. libFuzzer calls the entry with what it invents; run_seeds.cc calls
// it with the seeds and with changes of them, the same each time, in the ordinary tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Never crashes, hangs or takes memory without end, whatever the bytes; WEIR_CHECK says what else
// must hold. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace weir {

// Inputs to begin with: sound ones, so that what is invented gets past the first check.
std::vector<std::string> FuzzSeeds();

}  // namespace weir
