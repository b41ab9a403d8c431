// The kernel's texts as different machines write them, and what is made of them.
#include "agent/watch/system_text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr uint64_t kTickNs = 10'000'000;

TEST(SystemText, ReadsEachCoresBusyTimeWithoutStealAndWaiting) {
  const auto cores = ParseCoreTimes(
      "cpu  30 0 20 200 10 0 6 9 0 0\n"
      "cpu0 10 1 5 100 7 2 3 4 6 0\n"
      "cpu3 20 0 15 100 3 0 3 5 0 0\n"
      "intr 961521 0 0\n",
      kTickNs);
  ASSERT_EQ(cores.size(), 2u);
  EXPECT_EQ(cores[0].busy_ns, (10 + 1 + 5 + 2 + 3) * kTickNs);
  EXPECT_EQ(cores[0].steal_ns, 4 * kTickNs);
  EXPECT_EQ(cores[1].core, 3u);
  EXPECT_TRUE(ParseCoreTimes("", kTickNs).empty());
}

TEST(SystemText, ReadsTheBytesOfEveryLink) {
  const auto links = ParseLinks(
      "Inter-|   Receive                  |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n"
      "    lo: 61996188   53611 0 0 0 0 0 0 61996188 53611 0 0 0 0 0 0\n"
      "eth0:253506150 5201 0 0 0 0 0 0 244750 2955 0 0 0 0 0 0\n");
  ASSERT_EQ(links.size(), 2u);
  EXPECT_EQ(links[0].name, "lo");
  EXPECT_EQ(links[1].name, "eth0");
  EXPECT_EQ(links[1].received, 253506150u);
  EXPECT_EQ(links[1].sent, 244750u);
}

TEST(SystemText, FindsTcpCountsByTheirNames) {
  const auto tcp = ParseTcp(
      "Ip: Forwarding DefaultTTL\nIp: 1 64\n"
      "Tcp: RtoAlgorithm MaxConn InSegs OutSegs RetransSegs\n"
      "Tcp: 1 -1 58751 56431 71\n");
  ASSERT_TRUE(tcp.has_value());
  EXPECT_EQ(tcp->segments_sent, 56431u);
  EXPECT_EQ(tcp->retransmits, 71u);
  EXPECT_FALSE(ParseTcp("").has_value());
  EXPECT_FALSE(ParseTcp("Tcp: OutSegs\n").has_value());
}

TEST(SystemText, ReadsMemoryAndThreads) {
  const ProcessStatus status =
      ParseProcessStatus("Name:\tweir-agent\nVmRSS:\t   20480 kB\nThreads:\t7\n");
  EXPECT_EQ(status.resident_bytes, 20480u * 1024);
  EXPECT_EQ(status.threads, 7u);
}

TEST(SystemText, ReadsThrottlingOfBothCgroupVersions) {
  const auto first = ParseCpuStat("nr_periods 10\nnr_throttled 3\nthrottled_time 42000\n");
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->periods, 3u);
  EXPECT_EQ(first->throttled_ns, 42000u);
  const auto second =
      ParseCpuStat("usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 7\n");
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->periods, 4u);
  EXPECT_EQ(second->throttled_ns, 7000u);
  EXPECT_FALSE(ParseCpuStat("usage_usec 9\n").has_value()) << "the root has no quota to tell of";
}

TEST(SystemText, FindsOurCgroupOfVersionOne) {
  const auto found =
      FindCgroup("4:memory:/a\n2:cpu,cpuacct:/pod/one\n0::/\n",
                 "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                 "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
                 "cpu");
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(found->unified);
  EXPECT_EQ(found->folder, "/sys/fs/cgroup/cpu/pod/one");
  EXPECT_EQ(found->mount, "/sys/fs/cgroup/cpu");
}

TEST(SystemText, FindsOurCgroupOfVersionTwo) {
  const auto found = FindCgroup(
      "0::/user.slice/s\n",
      "30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n", "cpu");
  ASSERT_TRUE(found.has_value());
  EXPECT_TRUE(found->unified);
  EXPECT_EQ(found->folder, "/sys/fs/cgroup/user.slice/s");
}

TEST(SystemText, FindsOurCgroupWhereAContainerMountsOnlyItsPart) {
  const auto found =
      FindCgroup("2:cpu:/docker/abc/x\n",
                 "32 31 0:29 /docker/abc /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "cpu");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->folder, "/sys/fs/cgroup/cpu/x");
  EXPECT_FALSE(FindCgroup("", "", "cpu").has_value());
  EXPECT_FALSE(FindCgroup("0::/\n", "", "cpu").has_value());
}

TEST(SystemText, ReadsCpuLimits) {
  EXPECT_EQ(ParseCpuMax("150000 100000\n"), 1.5);
  EXPECT_EQ(ParseCpuMax("max 100000\n"), std::nullopt);
  EXPECT_EQ(ParseCfsQuota("50000\n", "100000\n"), 0.5);
  EXPECT_EQ(ParseCfsQuota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(ParseCpuMax(""), std::nullopt);
}

}  // namespace
}  // namespace weir
