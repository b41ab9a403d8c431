#include "measure/samples.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(AddSample, SumsTimesAndBytesAndKeepsTheLatestState) {
  v1::ResourceSample sum;
  v1::ResourceSample second;
  second.set_agent(3);
  second.set_span_ns(1'000);
  second.set_process_cpu_ns(70);
  second.set_network_sent_bytes(5);
  second.set_resident_bytes(900);
  second.set_cores(8);
  second.set_most_watchdog_gap_ns(40);
  second.set_clocksource("tsc");
  AddSample(second, &sum);
  second.set_resident_bytes(700);
  second.set_most_watchdog_gap_ns(30);
  AddSample(second, &sum);
  EXPECT_EQ(sum.agent(), 3u);
  EXPECT_EQ(sum.span_ns(), 2'000);
  EXPECT_EQ(sum.process_cpu_ns(), 140u);
  EXPECT_EQ(sum.network_sent_bytes(), 10u);
  EXPECT_EQ(sum.resident_bytes(), 700u);
  EXPECT_EQ(sum.cores(), 8u);
  EXPECT_EQ(sum.most_watchdog_gap_ns(), 40u);
  EXPECT_EQ(sum.clocksource(), "tsc");
}

TEST(AddSample, TakesTheLargestMemoryOfProcesses) {
  v1::ProcessSample sum;
  v1::ProcessSample second;
  second.set_name("postgres");
  second.set_cpu_ns(10);
  second.set_resident_bytes(500);
  second.set_processes(9);
  AddSample(second, &sum);
  second.set_resident_bytes(400);
  second.set_processes(7);
  AddSample(second, &sum);
  EXPECT_EQ(sum.name(), "postgres");
  EXPECT_EQ(sum.cpu_ns(), 20u);
  EXPECT_EQ(sum.resident_bytes(), 500u);
  EXPECT_EQ(sum.processes(), 9u);
}

TEST(AddUse, SumsEveryCount) {
  v1::PartitionUse sum;
  v1::PartitionUse second;
  second.set_partition(2);
  second.set_attempts(1);
  second.set_throttled(2);
  second.set_milli_ru(3);
  second.set_server_time_ns(4);
  second.set_refused_milli_ru(5);
  AddUse(second, &sum);
  AddUse(second, &sum);
  EXPECT_EQ(sum.ShortDebugString(),
            "partition: 2 attempts: 2 throttled: 4 milli_ru: 6 server_time_ns: 8 "
            "refused_milli_ru: 10");
}

}  // namespace
}  // namespace weir
