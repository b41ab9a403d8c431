#include "coordinator/live/open_metrics.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "base/check.h"

namespace weir {
namespace {

constexpr uint64_t kLowestBoundNs = 10'000;
constexpr uint64_t kHighestBoundNs = 100'000'000'000;

const char* TypeWord(MetricType type, MetricsFormat format) {
  const bool open = format == MetricsFormat::kOpenMetrics;
  switch (type) {
    case MetricType::kCounter:
      return "counter";
    case MetricType::kHistogram:
      return "histogram";
    case MetricType::kInfo:
      return open ? "info" : "gauge";
    case MetricType::kStateSet:
      return open ? "stateset" : "gauge";
    default:
      return "gauge";
  }
}

std::string_view SuffixOf(MetricType type) {
  return type == MetricType::kCounter ? "_total" : type == MetricType::kInfo ? "_info" : "";
}

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(std::string(text), {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
}

std::string Number(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (std::isnan(value)) return "NaN";
  return absl::StrFormat("%.10g", value);
}

// A bound as OpenMetrics wants floating-point numbers to look: "0.005", "1.0".
std::string Bound(uint64_t ns) {
  std::string text = absl::StrFormat("%.5f", static_cast<double>(ns) / 1e9);
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
  return text;
}

}  // namespace

const std::vector<uint64_t>& ResponseBoundsNs() {
  static const auto* const bounds = [] {
    auto* made = new std::vector<uint64_t>;
    for (uint64_t decade = kLowestBoundNs; decade <= kHighestBoundNs; decade *= 10) {
      for (const uint64_t lead : {1, 2, 5}) {
        if (lead * decade <= kHighestBoundNs) made->push_back(lead * decade);
      }
    }
    return made;
  }();
  return *bounds;
}

void OpenMetrics::Family(const std::string& name, MetricType type, const std::string& unit,
                         const std::string& help) {
  name_ = name;
  type_ = type;
  const bool open = format_ == MetricsFormat::kOpenMetrics;
  const std::string shown = open ? name : absl::StrCat(name, std::string(SuffixOf(type)));
  absl::StrAppend(&text_, "# TYPE ", shown, " ", TypeWord(type, format_), "\n");
  if (open && !unit.empty()) absl::StrAppend(&text_, "# UNIT ", shown, " ", unit, "\n");
  absl::StrAppend(&text_, "# HELP ", shown, " ", Escaped(help), "\n");
}

void OpenMetrics::Line(std::string_view suffix, const MetricLabels& labels,
                       const std::string& value) {
  absl::StrAppend(&text_, name_, std::string(suffix));
  const char* separator = "{";
  for (const auto& [label, text] : labels) {
    absl::StrAppend(&text_, separator, std::string(label), "=\"", Escaped(text), "\"");
    separator = ",";
  }
  absl::StrAppend(&text_, labels.empty() ? " " : "} ", value, "\n");
}

void OpenMetrics::Sample(const MetricLabels& labels, double value) {
  Line(SuffixOf(type_), labels, Number(value));
}

void OpenMetrics::Sample(const MetricLabels& labels, uint64_t value) {
  Line(SuffixOf(type_), labels, absl::StrCat(value));
}

void OpenMetrics::States(std::initializer_list<std::string_view> states, std::string_view holds) {
  // The label of a state set bears the metric's own name; text of the older format does the same.
  for (const std::string_view state : states) {
    Line("", {{name_, state}}, state == holds ? "1" : "0");
  }
}

void OpenMetrics::Buckets(const MetricLabels& labels, const Histogram& nanoseconds) {
  const std::vector<uint64_t>& bounds = ResponseBoundsNs();
  std::vector<uint64_t> counts(bounds.size() + 1);
  size_t bucket = 0;
  nanoseconds.ForEachBucket([&](uint64_t highest, uint64_t count) {
    while (bucket < bounds.size() && highest > bounds[bucket]) ++bucket;
    counts[bucket] += count;
  });
  MetricLabels with_bound = labels;
  with_bound.emplace_back("le", "");
  uint64_t below = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    const std::string bound = i < bounds.size() ? Bound(bounds[i]) : "+Inf";
    with_bound.back().second = bound;
    Line("_bucket", with_bound, absl::StrCat(below));
  }
  const auto count = static_cast<double>(nanoseconds.count());
  Line("_sum", labels, Number(nanoseconds.Mean() * count / 1e9));
  Line("_count", labels, absl::StrCat(nanoseconds.count()));
}

std::string OpenMetrics::Finish() {
  if (format_ == MetricsFormat::kOpenMetrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace weir
