// absl::Status with the two macros it lacks, and context added once per layer.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace weir {

// "opening session 3 of postgres: connection refused". Keeps the code; OK stays OK.
inline absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(context, ": ", status.message()));
}

}  // namespace weir

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)

#define WEIR_RETURN_IF_ERROR(expression)                                                   \
  do {                                                                                     \
    if (absl::Status weir_status_ = (expression); !weir_status_.ok()) return weir_status_; \
  } while (false)

#define WEIR_ASSIGN_OR_RETURN(target, expression) \
  WEIR_ASSIGN_OR_RETURN_INNER(WEIR_CONCAT(weir_or_, __LINE__), target, expression)

#define WEIR_ASSIGN_OR_RETURN_INNER(holder, target, expression) \
  auto holder = (expression);                                   \
  if (!holder.ok()) return std::move(holder).status();          \
  target = *std::move(holder)
