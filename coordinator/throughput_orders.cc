#include "coordinator/throughput_orders.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kRepeatNs = kNsPerSecond;
constexpr uint64_t kManualStep = 100;
constexpr uint64_t kAutoscaleStep = 1000;

}  // namespace

std::unique_ptr<ThroughputOrders> ThroughputOrders::Make(const v1::Target& target,
                                                         const v1::Leg& leg, uint32_t step,
                                                         Roster& roster) {
  if (!target.cosmos().has_scaling() || leg.provisioned_ru() == 0) return nullptr;
  const bool autoscale = target.cosmos().capacity() == v1::COSMOS_CAPACITY_AUTOSCALE;
  const ThroughputScaler::Start start{.provisioned_ru = leg.provisioned_ru(),
                                      .partitions = leg.physical_partitions(),
                                      .multiple_of = autoscale ? kAutoscaleStep : kManualStep};
  return std::unique_ptr<ThroughputOrders>(
      new ThroughputOrders(target.cosmos().scaling(), start, step, roster));
}

void ThroughputOrders::OnTick(int64_t now_ns) {
  const auto& order = scaler_.order();
  if (!order || (order->number == sent_ && now_ns - sent_ns_ < kRepeatNs)) return;
  sent_ = order->number;
  sent_ns_ = now_ns;
  v1::CoordinatorMessage message;
  message.mutable_change_throughput()->set_step(step_);
  message.mutable_change_throughput()->set_change(order->number);
  message.mutable_change_throughput()->set_ru(order->ru);
  roster_.Send(0, message);
}

void ThroughputOrders::Record(v1::Leg* leg) const {
  for (const v1::ThroughputChange& change : scaler_.changes()) {
    *leg->add_throughput_changes() = change;
  }
}

}  // namespace weir
