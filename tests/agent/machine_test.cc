#include "agent/machine.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(DefaultAgentName, IsHostAndProcess) {
  EXPECT_EQ(DefaultAgentName("node-7.example", 4711), "node-7.example-4711");
  EXPECT_EQ(DefaultAgentName(std::string(60, 'h'), 123), std::string(60, 'h') + "-123");
}

TEST(DefaultAgentName, OfALongHostKeepsTheProcessAndFits) {
  const std::string host = "ip-10-0-0-1.compute.region-1.an-organisation-with-a-name.example";
  const std::string name = DefaultAgentName(host, 4194304);
  EXPECT_LE(name.size(), 64u);
  EXPECT_EQ(name.substr(0, 24), host.substr(0, 24));
  EXPECT_TRUE(name.ends_with("-4194304")) << name;
  EXPECT_EQ(name, DefaultAgentName(host, 4194304));
}

TEST(DefaultAgentName, OfHostsThatDifferAtTheirEndDiffers) {
  const std::string host(63, 'n');
  EXPECT_NE(DefaultAgentName(host + "1", 1), DefaultAgentName(host + "2", 1));
  EXPECT_NE(DefaultAgentName(host + "1", 1), DefaultAgentName(host + "1", 2));
}

TEST(DefaultAgentName, HasNoCharacterThatANameMayNotHave) {
  const std::string name = DefaultAgentName("a b<c>\n\xc3\xa9", 1);
  EXPECT_EQ(name.substr(0, 10), "a_b_c____-") << name;
  EXPECT_NE(name, DefaultAgentName("a b<c>\n\xc3\xa8", 1));
}

}  // namespace
}  // namespace weir
