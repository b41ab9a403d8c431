#include "tests/cluster/fabric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace weir::cluster {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr int64_t kMs = 1'000'000;

std::string Address(char node) { return {2, 0, 0, 0, 0, node}; }
const std::string kEverybody(6, '\xff');

std::string Frame(const std::string& target, char source, const std::string& text = "") {
  return target + Address(source) + std::string("\x12\x34", 2) + text;
}

class FabricTest : public testing::Test {
 protected:
  // Where what has arrived by now came out: port and text.
  std::vector<std::pair<int, std::string>> Out(int64_t now_ns) {
    std::vector<std::pair<int, std::string>> out;
    fabric_.Release(now_ns, [&](int to, std::string_view frame) {
      out.emplace_back(to, std::string(frame.substr(14)));
    });
    return out;
  }
  // Every node has spoken once: the switch knows where each is.
  void Introduce() {
    for (int node = 0; node < 3; ++node) {
      fabric_.Enter(node, Frame(kEverybody, static_cast<char>(node)), 0);
    }
    Out(0);
  }

  Fabric fabric_{3, 1};
};

TEST_F(FabricTest, SendsWhatIsForEverybodyToAllOthers) {
  fabric_.Enter(1, Frame(kEverybody, 1, "who has"), 0);
  EXPECT_THAT(Out(0), ElementsAre(Pair(0, "who has"), Pair(2, "who has")));
}

TEST_F(FabricTest, LearnsWhereANodeIsFromWhatItSends) {
  fabric_.Enter(0, Frame(Address(2), 0, "unknown"), 0);
  EXPECT_THAT(Out(0), ElementsAre(Pair(1, "unknown"), Pair(2, "unknown")));
  fabric_.Enter(2, Frame(Address(0), 2, "answer"), 0);
  fabric_.Enter(0, Frame(Address(2), 0, "known"), 0);
  EXPECT_THAT(Out(0), ElementsAre(Pair(0, "answer"), Pair(2, "known")));
}

TEST_F(FabricTest, HoldsAFrameForTheDelayOfItsDirection) {
  Introduce();
  fabric_.Set(0, 1, {.delay_ns = 15 * kMs});
  fabric_.Set(1, 0, {.delay_ns = 5 * kMs});
  fabric_.Enter(0, Frame(Address(1), 0, "slow"), 0);
  fabric_.Enter(1, Frame(Address(0), 1, "fast"), 0);
  EXPECT_EQ(fabric_.NextNs(), 5 * kMs);
  EXPECT_THAT(Out(5 * kMs - 1), IsEmpty());
  EXPECT_THAT(Out(5 * kMs), ElementsAre(Pair(0, "fast")));
  EXPECT_EQ(fabric_.NextNs(), 15 * kMs);
  EXPECT_THAT(Out(15 * kMs), ElementsAre(Pair(1, "slow")));
  EXPECT_EQ(fabric_.NextNs(), DelayQueue::kNever);
}

TEST_F(FabricTest, CutsOneDirectionAndLeavesTheOther) {
  Introduce();
  fabric_.Set(0, 1, {.cut = true});
  fabric_.Enter(0, Frame(Address(1), 0, "unheard"), 0);
  fabric_.Enter(1, Frame(Address(0), 1, "heard"), 0);
  EXPECT_THAT(Out(0), ElementsAre(Pair(0, "heard")));
  EXPECT_EQ(fabric_.count(0, 1).dropped, 1u);
}

TEST_F(FabricTest, DropsWhatIsOnItsWayWhenALinkIsCut) {
  Introduce();
  fabric_.Set(0, 1, {.delay_ns = 10 * kMs});
  fabric_.Enter(0, Frame(Address(1), 0, "too late"), 0);
  fabric_.Set(0, 1, {.delay_ns = 10 * kMs, .cut = true});
  EXPECT_THAT(Out(20 * kMs), IsEmpty());
}

TEST_F(FabricTest, PassesNothingOnThatIsTooShortToBeAFrame) {
  fabric_.Enter(0, "short", 0);
  EXPECT_THAT(Out(0), IsEmpty());
}

std::string TcpFrame(const std::string& target, char source, size_t payload) {
  std::string ip(20, '\0'), tcp(20, '\0');
  ip[0] = 0x45;
  ip[3] = static_cast<char>(40 + payload);
  ip[9] = 6;
  tcp[12] = 0x50;
  return target + Address(source) + std::string("\x08\x00", 2) + ip + tcp +
         std::string(payload, 'x');
}

TEST_F(FabricTest, CountsSegmentsThatCarryDataAndRemembersTheLast) {
  Introduce();
  const uint64_t before = fabric_.count(0, 1).frames;
  fabric_.Enter(0, TcpFrame(Address(1), 0, 5), 3 * kMs);
  fabric_.Enter(0, TcpFrame(Address(1), 0, 0), 4 * kMs);  // an acknowledgement
  Out(5 * kMs);
  EXPECT_EQ(fabric_.count(0, 1).frames, before + 2);
  EXPECT_EQ(fabric_.count(0, 1).payloads, 1u);
  EXPECT_EQ(fabric_.count(0, 1).last_payload_ns, 3 * kMs);
  EXPECT_EQ(TcpPayloadBytes(TcpFrame(Address(1), 0, 5)), 5u);
  EXPECT_EQ(TcpPayloadBytes(Frame(Address(1), 0, std::string(60, 'x'))), 0u);
}

}  // namespace
}  // namespace weir::cluster
