// Follows a drive stage second by second, and at its end judges whether the measure phase was
// steady and from when on. What came before that is counted as warm-up: the totals of the leg are
// summed again from the results store. One per stage, owned by StageRun; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/kept_seconds.h"
#include "coordinator/stage_merge.h"
#include "measure/histogram.h"
#include "measure/steadiness.h"
#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

class SteadinessWatch {
 public:
  explicit SteadinessWatch(const v1::Scenario& scenario);

  void Add(const MergedSecond& second);

  // After the leg's totals and spans were recorded. `cut_short`: the run ended before the stage.
  void Conclude(bool cut_short, KeptSeconds& kept, v1::Leg* leg);

 private:
  // What became of the operations intended in one second.
  struct Second {
    uint64_t ok = 0;
    uint64_t milli_ru = 0;
    bool answered = false;  // there are response times
    double p50_ns = 0;
    double p99_ns = 0;
  };

  Second* At(uint32_t second);  // null outside the measure phase
  void Close(uint32_t second, const Histogram& response);
  std::vector<SecondSeries> Series();
  SecondSeries ResponseSeries(const char* name, const char* words, double Second::*value) const;
  std::string WhyNotJudged(bool cut_short) const;

  const v1::Scenario& scenario_;
  const uint32_t first_second_;  // whole seconds of the measure phase only
  std::vector<Second> seconds_;
  // Response times of seconds whose operations may still be under way. One without success counts
  // as the timeout.
  std::map<uint32_t, Histogram> open_;
};

}  // namespace weir
