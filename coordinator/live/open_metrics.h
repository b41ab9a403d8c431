// Writes metrics as text: OpenMetrics 1.0 (prometheus.io/docs/specs/om/open_metrics_spec), and for
// whoever does not ask for that, Prometheus's older text format 0.0.4, which names counters
// otherwise and knows neither units nor an end. One thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "measure/histogram.h"

namespace weir {

enum class MetricsFormat : uint8_t { kOpenMetrics, kPrometheusText };
enum class MetricType : uint8_t { kCounter, kGauge, kHistogram, kInfo, kStateSet };

using MetricLabels = std::vector<std::pair<std::string_view, std::string_view>>;

class OpenMetrics {
 public:
  explicit OpenMetrics(MetricsFormat format) : format_(format) {}

  // All samples up to the next family belong to it. `unit` is empty or the end of the name:
  // "seconds" of "weir_lag_seconds". `help` is one sentence.
  void Family(const std::string& name, MetricType type, const std::string& unit,
              const std::string& help);

  // Of a counter, a gauge or (with the value 1) an info.
  void Sample(const MetricLabels& labels, double value);
  void Sample(const MetricLabels& labels, uint64_t value);
  // Of a state set: which of the states holds.
  void States(std::initializer_list<std::string_view> states, std::string_view holds);
  // Of a histogram of nanoseconds, in seconds, with the bounds of ResponseBounds. A value counts
  // below a bound when all of its bucket lies below, so that bounds are off by less than 0.1 %. The
  // sum is of bucket midpoints.
  void Buckets(const MetricLabels& labels, const Histogram& nanoseconds);

  // The text, with its end; call it once.
  std::string Finish();

 private:
  void Line(std::string_view suffix, const MetricLabels& labels, const std::string& value);

  const MetricsFormat format_;
  std::string text_;
  std::string name_;
  MetricType type_ = MetricType::kGauge;
};

// 10 µs to 100 s, in steps of 1, 2, 5.
const std::vector<uint64_t>& ResponseBoundsNs();

}  // namespace weir
