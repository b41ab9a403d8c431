#include "agent/platform.h"

#include <gtest/gtest.h>

#include <map>

namespace weir {
namespace {

absl::StatusOr<Platform> Read(std::map<std::string, std::string> environment) {
  return ReadPlatform([&](const std::string& name) { return environment[name]; });
}

TEST(Platform, IsNoneWhereNothingTells) {
  const auto platform = Read({});
  EXPECT_EQ(platform->name, "");
  EXPECT_EQ(platform->node, "");
  EXPECT_FALSE(platform->index);
}

TEST(Platform, KnowsKubernetesAndItsIndex) {
  const auto platform = Read({{"KUBERNETES_SERVICE_HOST", "10.0.0.1"},
                              {"NODE_NAME", "worker-3"},
                              {"JOB_COMPLETION_INDEX", "0"},
                              {"BACALHAU_PARTITION_INDEX", "7"}});
  EXPECT_EQ(platform->name, "kubernetes");
  EXPECT_EQ(platform->node, "worker-3");
  EXPECT_EQ(platform->index, 0u);
}

TEST(Platform, KnowsBacalhauAndItsIndex) {
  const auto platform = Read({{"BACALHAU_NODE_ID", "n-1"}, {"BACALHAU_PARTITION_INDEX", "7"}});
  EXPECT_EQ(platform->name, "bacalhau");
  EXPECT_EQ(platform->node, "n-1");
  EXPECT_EQ(platform->index, 7u);
}

TEST(Platform, TakesNoIndexThatIsNoNumber) {
  EXPECT_FALSE(Read({{"JOB_COMPLETION_INDEX", "first"}}).ok());
  EXPECT_FALSE(Read({{"JOB_COMPLETION_INDEX", "-1"}}).ok());
}

}  // namespace
}  // namespace weir
