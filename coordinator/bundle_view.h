// Reports of several agents of one second whose histograms a relay has merged (v1.ReportBundle), as
// the coordinator reads them. Valid as long as the message that it was read from.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/report_view.h"
#include "coordinator/run_port.h"

namespace weir {

struct BundleView {
  struct Bundled {
    ConnectionId connection = 0;  // the receiver's own number of the agent's stream
    ReportView report;            // without histograms
  };

  uint32_t step = 0;
  std::vector<Bundled> reports;
  ReportView histograms;  // of all together
};

}  // namespace weir
