// The throughput of a database, which those of its containers share that have none of their own:
// one bucket for all of them. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "backends/cosmos/emulator/offer.h"
#include "backends/cosmos/emulator/throughput_budget.h"

namespace weir::cosmos::emulator {

class Container;

class SharedThroughput {
 public:
  SharedThroughput(Offer::Identity identity, const Throughput& throughput, int64_t split_delay_ns,
                   bool throttle);

  Offer& offer() { return offer_; }
  const std::shared_ptr<SharedBucket>& bucket() const { return bucket_; }
  // The container has been made with a budget on this bucket.
  void Add(const std::shared_ptr<Container>& container);

 private:
  void Apply(const Throughput& throughput);
  std::vector<std::shared_ptr<Container>> Members();

  const bool throttle_;
  const std::shared_ptr<SharedBucket> bucket_;
  std::mutex mutex_;
  std::vector<std::weak_ptr<Container>> members_;  // guarded by mutex_
  Offer offer_;
};

}  // namespace weir::cosmos::emulator
