// The HTML report without its run: page, style, script and chart library, as the build bundled them
// from reports/web/ (bundle.mjs). A report is before-title, title, before-data, data, after-data.
#pragma once

namespace weir {

extern const char kPageBeforeTitle[];
extern const char kPageBeforeData[];
extern const char kPageAfterData[];

}  // namespace weir
