#include "backends/cosmos/emulator/shared_throughput.h"

#include <utility>

#include "backends/cosmos/emulator/container.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

CentiRu PerSecond(const Throughput& throughput, bool throttle) {
  return throttle ? static_cast<CentiRu>(throughput.per_second) * 100 : 0;
}

}  // namespace

SharedThroughput::SharedThroughput(Offer::Identity identity, const Throughput& throughput,
                                   int64_t split_delay_ns, bool throttle)
    : throttle_(throttle),
      bucket_(std::make_shared<SharedBucket>(PerSecond(throughput, throttle))),
      offer_(std::move(identity), throughput, split_delay_ns,
             {.apply = [this](const Throughput& changed) { Apply(changed); },
              .announce =
                  [this](const Throughput& coming) {
                    for (const auto& member : Members()) member->AnnounceSplits(coming.partitions);
                  },
              .stored_bytes =
                  [this] {
                    uint64_t bytes = 0;
                    for (const auto& member : Members()) bytes += member->StoredBytes();
                    return bytes;
                  }}) {}

void SharedThroughput::Add(const std::shared_ptr<Container>& container) {
  {
    const std::scoped_lock lock(mutex_);
    members_.push_back(container);
  }
  container->SetThroughput(offer_.applied());  // it may have changed meanwhile
}

void SharedThroughput::Apply(const Throughput& throughput) {
  bucket_->SetPerSecond(PerSecond(throughput, throttle_), MonotonicNs());
  for (const auto& member : Members()) member->SetThroughput(throughput);
}

std::vector<std::shared_ptr<Container>> SharedThroughput::Members() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::shared_ptr<Container>> members;
  std::erase_if(members_, [](const auto& member) { return member.expired(); });
  for (const auto& member : members_) {
    if (auto container = member.lock()) members.push_back(std::move(container));
  }
  return members;
}

}  // namespace weir::cosmos::emulator
