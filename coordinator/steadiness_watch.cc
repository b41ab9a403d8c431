#include "coordinator/steadiness_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/measure_cut.h"

namespace weir {
namespace {

// How long a second's response times are waited for, to bound memory. What ends later still counts
// in the second's throughput.
constexpr uint32_t kLongestWait = 64;

uint32_t FirstWholeSecond(const v1::Phases& phases) {
  return static_cast<uint32_t>((phases.warm_up().ns() + kNsPerSecond - 1) / kNsPerSecond);
}

size_t WholeSeconds(const v1::Phases& phases) {
  const int64_t end = (phases.warm_up().ns() + phases.measure().ns()) / kNsPerSecond;
  return static_cast<size_t>(std::max<int64_t>(0, end - FirstWholeSecond(phases)));
}

bool RateChangesByPlan(const v1::LoadShape& shape) {
  if (!shape.has_open()) return false;
  return shape.open().stages_size() > 0 || shape.open().arrivals() == v1::ARRIVAL_PROCESS_BURST ||
         shape.open().arrivals() == v1::ARRIVAL_PROCESS_REPLAY;
}

}  // namespace

SteadinessWatch::SteadinessWatch(const v1::Scenario& scenario)
    : scenario_(scenario),
      first_second_(FirstWholeSecond(scenario.phases())),
      seconds_(WholeSeconds(scenario.phases())) {}

SteadinessWatch::Second* SteadinessWatch::At(uint32_t second) {
  if (second < first_second_ || second - first_second_ >= seconds_.size()) return nullptr;
  return &seconds_[second - first_second_];
}

void SteadinessWatch::Add(const MergedSecond& merged) {
  for (const auto& [key, tally] : merged.tallies) {
    const uint32_t intended = merged.second - std::min(merged.second, key.age);
    Second* const second = key.phase == v1::PHASE_MEASURE ? At(intended) : nullptr;
    if (second == nullptr) continue;
    second->ok += tally->counts().ok();
    second->milli_ru += tally->counts().milli_ru();
    if (merged.second > intended + kLongestWait) continue;
    Histogram& response = open_[intended];
    response.Add(tally->response);
    response.RecordTimes(static_cast<uint64_t>(scenario_.timeout().ns()),
                         Failures(tally->counts()) + tally->counts().unsent());
  }
  while (!open_.empty() && open_.begin()->first + kLongestWait < merged.second) {
    Close(open_.begin()->first, open_.begin()->second);
    open_.erase(open_.begin());
  }
}

void SteadinessWatch::Close(uint32_t number, const Histogram& response) {
  Second* const second = At(number);
  if (response.empty()) return;
  second->answered = true;
  second->p50_ns = static_cast<double>(response.ValueAtQuantile(0.5));
  second->p99_ns = static_cast<double>(response.ValueAtQuantile(0.99));
}

// A second without operations has no response time; it is given that of the second before.
SecondSeries SteadinessWatch::ResponseSeries(const char* name, const char* words,
                                             double Second::*value) const {
  SecondSeries series{.name = name, .words = words, .scale = 1e-6, .unit = " ms", .values = {}};
  const auto first = std::find_if(seconds_.begin(), seconds_.end(),
                                  [](const Second& second) { return second.answered; });
  double last = first == seconds_.end() ? 0 : (*first).*value;
  for (const Second& second : seconds_) {
    if (second.answered) last = second.*value;
    series.values.push_back(last);
  }
  return series;
}

std::vector<SecondSeries> SteadinessWatch::Series() {
  SecondSeries throughput{
      .name = "throughput", .words = "the throughput", .scale = 1, .unit = "/s", .values = {}};
  SecondSeries ru{.name = "ru",
                  .words = "the use of request units",
                  .scale = 1e-3,
                  .unit = " RU/s",
                  .values = {}};
  size_t answered = 0;
  bool charged = false;
  for (const Second& second : seconds_) {
    throughput.values.push_back(static_cast<double>(second.ok));
    ru.values.push_back(static_cast<double>(second.milli_ru));
    answered += second.answered ? 1 : 0;
    charged |= second.milli_ru > 0;
  }
  if (answered == 0) return {};
  std::vector<SecondSeries> series = {std::move(throughput)};
  if (10 * answered >= 9 * seconds_.size()) {
    series.push_back(ResponseSeries("response_p50", "the median response time", &Second::p50_ns));
    series.push_back(ResponseSeries("response_p99", "the p99 response time", &Second::p99_ns));
  }
  if (charged) series.push_back(std::move(ru));
  return series;
}

std::string SteadinessWatch::WhyNotJudged(bool cut_short) const {
  if (cut_short) return "the measure phase did not run to its end";
  if (RateChangesByPlan(scenario_.shape())) return "the offered rate changes by plan";
  return "";
}

void SteadinessWatch::Conclude(bool cut_short, KeptSeconds& kept, v1::Leg* leg) {
  for (const auto& [second, response] : open_) Close(second, response);
  open_.clear();
  v1::Steadiness& steadiness = *leg->mutable_steadiness();
  if (const std::string why = WhyNotJudged(cut_short); !why.empty()) {
    steadiness.add_reasons(why);
    return;
  }
  steadiness = JudgeSteadiness(Series(), first_second_);
  if (steadiness.cut_seconds() == 0) return;
  const uint32_t from = first_second_ + steadiness.cut_seconds();
  const absl::Status cut = MoveMeasureStart(from, kept, leg);
  if (cut.ok()) return;
  steadiness.set_steady(false);
  steadiness.set_cut_seconds(0);
  steadiness.add_reasons(absl::StrCat(
      "it was steady from second ", from,
      " on, but what was measured before could not be taken out: ", std::string(cut.message())));
}

}  // namespace weir
