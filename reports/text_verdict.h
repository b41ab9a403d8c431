// The first lines of a text report: the verdict, why, and what to do. Private to the text writer.
#pragma once

#include "absl/strings/string_view.h"

#include "proto/results.pb.h"
#include "reports/text_page.h"

namespace weir {

void WriteVerdict(const v1::RunResult& run, TextPage* page);

// The verdict of the run names this reason of a leg already.
bool SaidOfTheRun(const v1::RunResult& run, absl::string_view reason);

}  // namespace weir
