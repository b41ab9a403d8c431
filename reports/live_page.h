// The page of a run that goes on, as the build bundled it from reports/web/ (bundle.mjs): HTML with
// its style and script, and the content security policy that allows exactly these.
#pragma once

namespace weir {

extern const char kLivePage[];
extern const char kLivePolicy[];

}  // namespace weir
