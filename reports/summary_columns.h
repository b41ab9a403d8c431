// The columns of summary.csv: what identifies a row, then the metrics. The documentation of the
// file (docs/summary-csv.md) is made from the same table.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "reports/result_row.h"

namespace weir {

struct IdentityColumn {
  absl::string_view name;
  std::string (*text)(const ResultRow&);
  absl::string_view doc;
};

absl::Span<const IdentityColumn> IdentityColumns();

// Markdown.
std::string SummaryCsvReference();

}  // namespace weir
