// Where checks of a campaign report what they find, so that nothing is said twice: nothing that
// follows from a place which has a problem already. One thread.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"

#include "coordinator/campaign_reader.h"

namespace weir {

// Reports, unless what the finding rests on is broken already.
class Findings {
 public:
  Findings(const std::set<std::string>& broken, CampaignReading* reading)
      : broken_(broken), reading_(reading) {}

  // `rests_on`: further paths that the finding depends on, all of them below.
  void Add(const std::string& path, std::string message,
           std::initializer_list<std::string> rests_on = {}) {
    if (Doubtful(path, rests_on)) return;
    reading_->problems.push_back(ProblemAt(reading_->Find(path), std::move(message)));
  }
  void Warn(const std::string& path, std::string message,
            std::initializer_list<std::string> rests_on = {}) {
    if (Doubtful(path, rests_on)) return;
    reading_->warnings.push_back(ProblemAt(reading_->Find(path), std::move(message)));
  }

  bool Given(const std::string& path) const { return reading_->places.contains(path); }

 private:
  bool Doubtful(const std::string& path, std::initializer_list<std::string> rests_on) const {
    if (Broken(path)) return true;
    return std::any_of(rests_on.begin(), rests_on.end(), [&](const std::string& other) {
      return Broken(other) || BrokenInside(other);
    });
  }
  bool Broken(std::string path) const {
    while (!broken_.contains(path)) {
      const size_t end = path.find_last_of(".[");
      if (end == std::string::npos) return broken_.contains("");
      path.resize(end);
    }
    return true;
  }
  bool BrokenInside(const std::string& path) const {
    const auto next = broken_.lower_bound(path);
    return next != broken_.end() && absl::StartsWith(*next, path);
  }

  const std::set<std::string>& broken_;
  CampaignReading* reading_;
};

}  // namespace weir
