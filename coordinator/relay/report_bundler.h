// Reports of agents that wait in a relay for the others of their second: their histograms are added
// up, everything else is kept for each (docs/adr/0017). What a stream sends after its report waits
// behind it, so that nothing overtakes. Without I/O; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coordinator/open_parts.h"
#include "coordinator/report_view.h"
#include "proto/control.pb.h"

namespace weir {

class ReportBundler {
 public:
  static constexpr int64_t kLongestWaitNs = 200'000'000;
  static constexpr size_t kMostBytes = 1 << 20;  // of one bundle, about

  // `up` gets what is to be sent, in order; it does not call back.
  explicit ReportBundler(std::function<void(v1::RelayedItem)> up) : up_(std::move(up)) {}

  // Puts the stream's next report into the bundle of its second; one that waits already goes up
  // first. False where the report cannot be merged: then it has to travel as it came.
  bool Add(uint64_t stream, const ReportView& report, int64_t now_ns);

  // Behind the stream's report, if one waits; else up at once.
  void SendInOrder(uint64_t stream, v1::RelayedItem item);

  // Bundles that have waited for long, or hold a report of every one of so many agents, go up.
  void CloseDue(size_t agents, int64_t now_ns);

  void Clear() { *this = ReportBundler(up_); }

 private:
  using Key = std::pair<uint32_t, uint32_t>;  // step, second

  struct Bundle {
    int64_t opened_ns = 0;
    v1::RelayedItem item;
    OpenParts parts;
    size_t bytes = 0;
    std::vector<v1::RelayedItem> after;  // in order
  };

  void Close(Key key);

  std::function<void(v1::RelayedItem)> up_;
  std::map<Key, Bundle> open_;
  std::unordered_map<uint64_t, Key> waiting_;  // streams with a report in a bundle
  TallyStock stock_;
};

}  // namespace weir
