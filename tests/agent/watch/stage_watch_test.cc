// Samples from given moments, and the book of gaps; no thread, no waiting.
#include "agent/watch/stage_watch.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint64_t kMs = kNsPerMs;

Moment At(int64_t at_ns) {
  Moment moment;
  moment.at_ns = at_ns;
  moment.spin_by_core = {0, 0};
  moment.workers = {{}, {}};
  moment.system.cores = {{.core = 0}, {.core = 1}};
  moment.system.tcp = TcpCounts{};
  moment.system.throttling = Throttling{};
  return moment;
}

TEST(ResourceSample, TakesSpinningOutOfTheBusiestWorkerAndCore) {
  const Moment from = At(0);
  Moment to = At(kNsPerSecond);
  // The spinning worker is the busier one by the clock, and the less busy one by its work.
  to.workers = {{.cpu_ns = 950 * kMs, .spin_ns = 900 * kMs}, {.cpu_ns = 300 * kMs}};
  to.system.cores[0].busy_ns = 960 * kMs;
  to.system.cores[1].busy_ns = 400 * kMs;
  to.spin_by_core = {900 * kMs, 0};
  const v1::ResourceSample sample = SampleBetween(from, to, {}, {});
  EXPECT_EQ(sample.busiest_worker_cpu_ns(), 300 * kMs);
  EXPECT_EQ(sample.spin_ns(), 0u);
  EXPECT_EQ(sample.busiest_core_ns(), 400 * kMs);
  EXPECT_EQ(sample.machine_cpu_ns(), 1360 * kMs);
  EXPECT_EQ(sample.cores(), 2u);
  EXPECT_EQ(sample.span_ns(), kNsPerSecond);
}

TEST(ResourceSample, LooksForTheBusiestCoreOnlyAmongThoseWeMayUse) {
  const Moment from = At(0);
  Moment to = At(kNsPerSecond);
  to.system.cores[0].busy_ns = 900 * kMs;
  to.system.cores[1].busy_ns = 100 * kMs;
  EXPECT_EQ(SampleBetween(from, to, {}, {1}).busiest_core_ns(), 100 * kMs);
}

TEST(ResourceSample, CountsBytesOfDevicesOnceAndLoopbackApart) {
  Moment from = At(0);
  from.system.links = {{.bytes = {"lo", 100, 100}, .loopback = true},
                       {.bytes = {"eth0", 1000, 2000}, .device = true, .bytes_per_second = 125},
                       {.bytes = {"docker0", 0, 0}}};
  Moment to = from;
  to.at_ns = kNsPerSecond;
  to.system.links[0].bytes = {"lo", 150, 150};
  to.system.links[1].bytes = {"eth0", 1010, 2020};
  to.system.links[2].bytes = {"docker0", 10, 20};
  const v1::ResourceSample sample = SampleBetween(from, to, {}, {});
  EXPECT_EQ(sample.network_sent_bytes(), 20u);
  EXPECT_EQ(sample.network_received_bytes(), 10u);
  EXPECT_EQ(sample.loopback_bytes(), 50u);
  EXPECT_EQ(sample.link_bytes_per_second(), 125u);
}

TEST(ResourceSample, HoldsWhatHasHappenedBetweenTheMoments) {
  Moment from = At(0);
  from.system.throttling = Throttling{.periods = 5, .throttled_ns = 50};
  from.system.tcp = TcpCounts{.segments_sent = 1000, .retransmits = 7};
  from.process_cpu_ns = 10;
  Moment to = from;
  to.system.throttling = Throttling{.periods = 6, .throttled_ns = 80};
  to.system.tcp = TcpCounts{.segments_sent = 1500, .retransmits = 9};
  to.process_cpu_ns = 30;
  to.system.process = {.resident_bytes = 4096, .threads = 3};
  to.system.clocksource = "tsc";
  const v1::ResourceSample sample =
      SampleBetween(from, to, {.long_ns = 12 * kMs, .most_ns = 12 * kMs}, {});
  EXPECT_EQ(sample.throttled_periods(), 1u);
  EXPECT_EQ(sample.throttled_ns(), 30u);
  EXPECT_EQ(sample.tcp_segments_sent(), 500u);
  EXPECT_EQ(sample.tcp_retransmits(), 2u);
  EXPECT_EQ(sample.process_cpu_ns(), 20u);
  EXPECT_EQ(sample.resident_bytes(), 4096u);
  EXPECT_EQ(sample.threads(), 3u);
  EXPECT_EQ(sample.clocksource(), "tsc");
  EXPECT_EQ(sample.watchdog_gap_ns(), 12 * kMs);
}

TEST(ResourceSample, IsZeroWhereTheSystemDoesNotTell) {
  const v1::ResourceSample sample = SampleBetween({}, {.at_ns = 5}, {}, {});
  EXPECT_EQ(sample.cores(), 0u);
  EXPECT_EQ(sample.tcp_segments_sent(), 0u);
  EXPECT_EQ(sample.clocksource(), "");
}

TEST(GapBook, SumsOnlyLongGapsAndKeepsTheLongest) {
  GapBook book;
  int64_t now = kNsPerSecond;
  for (const int64_t gap_ms : {1, 1, 12, 9, 150, 1}) {
    book.Turn(now);
    now += gap_ms * kNsPerMs;
  }
  book.Turn(now);
  const WatchdogGaps gaps = book.Take();
  EXPECT_EQ(gaps.long_ns, 162 * kMs);
  EXPECT_EQ(gaps.most_ns, 150 * kMs);
  EXPECT_EQ(book.Take().most_ns, 0u) << "what was taken is gone";
}

TEST(WorkerUse, KeepsWhatAThreadTookAfterItsEnd) {
  WorkerUse use;
  EXPECT_EQ(use.CpuNs(), 0u);
  std::thread thread([&] {
    const WorkerUse::Turn turn(use);
    use.AddSpin(500);
    use.AddSpin(700);
  });
  thread.join();
  EXPECT_GT(use.CpuNs(), 0u);
  EXPECT_EQ(use.SpinNs(), 1200u);
}

}  // namespace
}  // namespace weir
