// A finding in words (R28): the same in every report. Never "same", never "no regression".
#pragma once

#include <string>

#include "proto/results.pb.h"

namespace weir {

// "FASTER", "DIFFERENT, BELOW THRESHOLD", … For request units, of which less is not faster,
// "CHEAPER" and "DEARER".
std::string FindingWord(const v1::Compared& compared);

// "SLOWER by 10.2 % (95 % CI +8.9 % … +11.6 %), n = 10 pairs".
std::string FindingSentence(const v1::Compared& compared, const v1::ComparisonResult& whole);

// "p99 of read on slow, against direct": what the finding is about.
std::string FindingSubject(const v1::Compared& compared);

// "+3.4 %" of a ratio of 1.034; "unbounded" of infinity.
std::string DifferenceText(double ratio);

}  // namespace weir
