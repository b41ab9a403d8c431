#include "reports/json_text.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace weir {

std::string QuotedJson(absl::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string MetricJson(const Metric& metric, std::optional<double> value) {
  if (!value) return "null";
  return std::isinf(*value) ? "\"Infinity\"" : MachineText(metric, value);
}

JsonMembers::JsonMembers(std::string* text, char open, char close) : text_(text), close_(close) {
  *text_ += open;
}

JsonMembers::~JsonMembers() { *text_ += close_; }

void JsonMembers::Add(absl::string_view value) {
  absl::StrAppend(text_, first_ ? "" : ",", value);
  first_ = false;
}

void JsonMembers::Add(absl::string_view name, absl::string_view value) {
  Add(absl::StrCat(QuotedJson(name), ":", std::string(value)));
}

}  // namespace weir
