// JSON written piece by piece, because a run's series are too long for a tree of them. Private to
// the JSON writer.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "reports/metrics.h"

namespace weir {

std::string QuotedJson(absl::string_view text);

// Infinity as protobuf's JSON spells it; nothing as null.
std::string MetricJson(const Metric& metric, std::optional<double> value);

// Appends one JSON object or array member by member; the closing bracket comes with its end.
class JsonMembers {
 public:
  JsonMembers(std::string* text, char open, char close);
  ~JsonMembers();
  JsonMembers(const JsonMembers&) = delete;
  JsonMembers& operator=(const JsonMembers&) = delete;

  void Add(absl::string_view value);
  void Add(absl::string_view name, absl::string_view value);

 private:
  std::string* text_;
  char close_;
  bool first_ = true;
};

}  // namespace weir
