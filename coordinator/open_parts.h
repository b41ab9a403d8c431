// The operations of one second while the reports of agents are still being added (R16): histograms
// are decoded straight into one tally per operation, and counts are kept beside them. Tallies are
// large: those that are done with go back into a stock and are used again. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/report_view.h"
#include "measure/tally.h"
#include "measure/tally_view.h"
#include "proto/results.pb.h"

namespace weir {

// What a tally belongs to; see v1.OperationInterval.
struct TallyKey {
  v1::Phase phase;
  uint32_t operation;
  uint32_t age = 0;
  auto operator<=>(const TallyKey&) const = default;
};
using TallyMap = std::map<TallyKey, std::unique_ptr<Tally>>;

// Tallies that are empty and wait to be used.
class TallyStock {
 public:
  std::unique_ptr<Tally> Take();
  void GiveBack(std::unique_ptr<Tally> tally);  // is emptied

 private:
  std::vector<std::unique_ptr<Tally>> spare_;
};

class OpenParts {
 public:
  struct Part {
    TallyCounts counts;            // not in the tally yet
    std::unique_ptr<Tally> tally;  // histograms only
  };

  // Adds the histograms of all these, but no counts. Where one cannot be decoded, none is added.
  absl::Status AddHistograms(const std::vector<ReportView::Part>& parts, TallyStock& stock);

  Part& In(const TallyKey& key, TallyStock& stock);
  std::map<TallyKey, Part>& parts() { return parts_; }

 private:
  std::map<TallyKey, Part> parts_;
};

}  // namespace weir
