// The .hlog file of a run: every second's histograms in the log format 1.3 of HdrHistogram, tagged
// SCENARIO/TARGET/PHASE/OPERATION/HISTOGRAM, for tools that read it. Each histogram of the run is
// the sum of the lines with its tag. Made from the results store alone.
//
// Time stamps count from the start of a leg's stage (the load; or warm-up and measure), lengths are
// seconds, Interval_Max is the largest value ÷ 10⁶: milliseconds, for values are nanoseconds; of
// `charge`, whose values are thousandths of a request unit, thousands of request units.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

#include "measure/histogram.h"

namespace weir {

// "HISTFAAAA…": the deflated V2 payload in base64, as HdrHistogram's own tools write it.
std::string CompressedHistogram(const Histogram& histogram);

// Of a tag: nothing but letters, digits and "._-", so that neither a comma nor a space of a name
// breaks the line.
std::string TagPart(absl::string_view name);

}  // namespace weir
