// The reader and the machine's conditions over a tree of files that a test writes.
#include "agent/watch/system_reader.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "absl/strings/str_cat.h"

#include "agent/watch/machine_conditions.h"

namespace weir {
namespace {

class FakeMachine : public testing::Test {
 protected:
  FakeMachine() {
    root_ = absl::StrCat(testing::TempDir(), "/weir-machine-", getpid());
    std::filesystem::create_directories(root_);
  }
  ~FakeMachine() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::map<std::string, std::string> Conditions(const Environment& environment) const {
    std::map<std::string, std::string> values;
    for (const auto& condition : ReadConditions(SystemReader(root_), environment)) {
      values[condition.name()] = condition.value();
    }
    return values;
  }

  static std::string Nothing(const std::string&) { return ""; }

  std::string root_;
};

TEST_F(FakeMachine, ThatTellsNothingIsReadAsSuch) {
  const SystemReading reading = SystemReader(root_).Read();
  EXPECT_TRUE(reading.cores.empty());
  EXPECT_TRUE(reading.links.empty());
  EXPECT_FALSE(reading.tcp.has_value());
  EXPECT_FALSE(reading.throttling.has_value());
  EXPECT_EQ(reading.clocksource, "");
  const auto conditions = Conditions(Nothing);
  EXPECT_EQ(conditions.size(), 12u);
  for (const auto& [name, value] : conditions) EXPECT_EQ(value, "NOT DISCLOSED") << name;
}

// A folder opens as a file does, and fails when it is read.
TEST_F(FakeMachine, TakesAFileThatCannotBeReadForAMissingOne) {
  std::filesystem::create_directories(root_ + "/proc/stat");
  EXPECT_FALSE(SystemReader(root_).Text("proc/stat").has_value());
}

TEST_F(FakeMachine, AddsTheThrottlingOfEveryCgroupAboveUs) {
  Write("proc/self/cgroup", "0::/pod/agent\n");
  Write("proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  Write("sys/fs/cgroup/pod/cpu.stat", "nr_throttled 2\nthrottled_usec 20\n");
  Write("sys/fs/cgroup/pod/agent/cpu.stat", "nr_throttled 1\nthrottled_usec 5\n");
  Write("sys/fs/cgroup/cpu.stat", "usage_usec 100\n");
  const SystemReading reading = SystemReader(root_).Read();
  ASSERT_TRUE(reading.throttling.has_value());
  EXPECT_EQ(reading.throttling->periods, 3u);
  EXPECT_EQ(reading.throttling->throttled_ns, 25'000u);
}

TEST_F(FakeMachine, KnowsTheSpeedOfALinkOnlyWhereItIsTold) {
  Write("proc/net/dev",
        "lo: 5 0 0 0 0 0 0 0 5 0 0 0 0 0 0 0\neth0: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n"
        "eth1: 1 0 0 0 0 0 0 0 2 0 0 0 0 0 0 0\n");
  Write("sys/class/net/eth0/speed", "10000\n");
  Write("sys/class/net/eth0/device/vendor", "");
  Write("sys/class/net/eth1/speed", "-1\n");
  const auto links = SystemReader(root_).Read().links;
  ASSERT_EQ(links.size(), 3u);
  EXPECT_TRUE(links[0].loopback);
  EXPECT_TRUE(links[1].device);
  EXPECT_EQ(links[1].bytes_per_second, 1'250'000'000u);
  EXPECT_EQ(links[2].bytes_per_second, 0u);
  EXPECT_EQ(Conditions(Nothing).at("link speed"), "eth0 10000 Mbit/s");
}

TEST_F(FakeMachine, DisclosesWhatBearsOnAMeasurement) {
  Write("proc/sys/kernel/osrelease", "6.1.0\n");
  Write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  Write("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance\n");
  Write("sys/devices/system/cpu/cpuidle/current_driver", "intel_idle\n");
  Write("sys/devices/system/cpu/cpu0/cpuidle/state0/name", "POLL\n");
  Write("sys/devices/system/cpu/cpu0/cpuidle/state1/name", "C6\n");
  Write("sys/devices/system/cpu/cpu0/cpuidle/state1/disable", "1\n");
  Write("sys/devices/system/cpu/smt/active", "1\n");
  Write("sys/devices/system/node/online", "0-1\n");
  Write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  Write("proc/cpuinfo", "flags\t\t: fpu hypervisor lahf_lm\n");
  Write("sys/class/dmi/id/sys_vendor", "QEMU\n");
  Write("proc/self/cgroup", "4:memory:/\n1:cpu:/a\n");
  Write("proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  Write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "150000\n");
  Write("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  const auto conditions = Conditions([](const std::string& name) -> std::string {
    return name == "WEIR_NODE_TYPE" ? "Standard_D8s_v5" : "";
  });
  EXPECT_EQ(conditions.at("kernel"), "6.1.0");
  EXPECT_EQ(conditions.at("CPU governor"), "performance, powersave");
  EXPECT_EQ(conditions.at("idle states"), "intel_idle: POLL, C6 (disabled)");
  EXPECT_EQ(conditions.at("SMT"), "on");
  EXPECT_EQ(conditions.at("NUMA nodes"), "0-1");
  EXPECT_EQ(conditions.at("clock source"), "tsc");
  EXPECT_EQ(conditions.at("CPU limit"), "1.5 cores");
  EXPECT_EQ(conditions.at("memory limit"), "none");
  EXPECT_EQ(conditions.at("virtualisation"), "a hypervisor (QEMU)");
  EXPECT_EQ(conditions.at("machine type"), "Standard_D8s_v5");
  EXPECT_EQ(conditions.at("zone"), "NOT DISCLOSED");
}

}  // namespace
}  // namespace weir
