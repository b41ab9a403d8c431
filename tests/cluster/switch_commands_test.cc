#include "tests/cluster/switch_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::cluster {
namespace {

using testing::StartsWith;

class SwitchCommandsTest : public testing::Test {
 protected:
  std::string Say(std::string_view line) { return CarryOut(line, {"coordinator", "db"}, fabric_); }

  Fabric fabric_{2, 1};
};

TEST_F(SwitchCommandsTest, SetOneDirection) {
  EXPECT_EQ(Say("set coordinator db delay_us=15000 jitter_us=2000 loss_ppm=20000"), "ok");
  EXPECT_EQ(fabric_.conditions(0, 1).delay_ns, 15'000'000);
  EXPECT_EQ(fabric_.conditions(0, 1).jitter_ns, 2'000'000);
  EXPECT_EQ(fabric_.conditions(0, 1).loss_ppm, 20'000u);
  EXPECT_EQ(fabric_.conditions(1, 0).delay_ns, 0);
}

TEST_F(SwitchCommandsTest, ChangeOnlyWhatTheyName) {
  Say("set * * delay_us=1000 bits_per_second=1000000");
  Say("set db * cut=1");
  EXPECT_TRUE(fabric_.conditions(1, 0).cut);
  EXPECT_EQ(fabric_.conditions(1, 0).delay_ns, 1'000'000);
  EXPECT_EQ(fabric_.conditions(1, 0).bits_per_second, 1'000'000u);
  EXPECT_FALSE(fabric_.conditions(0, 1).cut);
  EXPECT_EQ(Say("clear"), "ok");
  EXPECT_FALSE(fabric_.conditions(1, 0).cut);
  EXPECT_EQ(fabric_.conditions(0, 1).delay_ns, 0);
}

TEST_F(SwitchCommandsTest, AnErroneousLineSaysWhyAndChangesNothing) {
  EXPECT_THAT(Say("set coordinator moon cut=1"), StartsWith("error: there is no node moon"));
  EXPECT_THAT(Say("set * * delay_us=5 colour=red"), StartsWith("error: cannot set colour=red"));
  EXPECT_THAT(Say("set * * loss_ppm=1000001"), StartsWith("error: "));
  EXPECT_THAT(Say("explode"), StartsWith("error: unknown command explode"));
  EXPECT_THAT(Say(""), StartsWith("error: "));
  EXPECT_EQ(fabric_.conditions(0, 1).delay_ns, 0);
}

TEST_F(SwitchCommandsTest, CountWhatWentOverLinks) {
  fabric_.Enter(0, std::string(60, '\xff'), 0);
  fabric_.Release(0, [](int, std::string_view) {});
  EXPECT_EQ(Say("count coordinator db"),
            "ok frames=1 bytes=60 dropped=0 payloads=0 last_payload_ns=0");
  EXPECT_THAT(Say("count db *"), StartsWith("ok frames=0 "));
}

}  // namespace
}  // namespace weir::cluster
