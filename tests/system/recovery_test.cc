// A coordinator that is killed, and the result of its run from what its agents left, with the real
// programs (R44).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "control/spool_reader.h"

#include "base/disk.h"
#include "measure/tally.h"
#include "tests/system/agents_in_a_folder.h"

namespace weir {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class RecoveryTest : public AgentsInAFolder {
 protected:
  RecoveryTest() {
    for (const char* name : kNames) std::filesystem::create_directories(SpoolOf(name));
  }

  std::string SpoolOf(const std::string& name) const {
    return absl::StrCat(folder_, "/spools/", name);
  }

  // Three agents, and a coordinator that is killed in the middle of the drive.
  void KillTheCoordinator() {
    const auto run = Listen(3, {}, "60s");
    const std::string address = AddressOf(*run);
    for (const char* name : kNames) {
      agents_.push_back(Agent(address, {"--name", name, "--spool", SpoolOf(name)}));
    }
    ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
    ASSERT_TRUE(WaitForSeconds(3)) << run->Output();
    run->Signal(SIGKILL);
    run->Wait(5s);
    for (size_t i = 0; i < agents_.size(); ++i) {
      EXPECT_EQ(agents_[i]->Wait(30s), 75) << agents_[i]->Output();
      EXPECT_THAT(agents_[i]->Output(), HasSubstr(absl::StrCat("weir recover ", Latest().id(),
                                                               " --spools ", SpoolOf(kNames[i]))));
    }
  }

  // Until the store has so many of the drive.
  bool WaitForSeconds(int seconds) const {
    for (int i = 0; i < 600; ++i) {
      if (SecondsKept() >= seconds) return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }

  int SecondsKept() const {
    auto store = OpenResultsStore(folder_ + "/results.db");
    if (!store.ok() || !(*store)->LoadRun("latest").ok()) return 0;
    int seconds = 0;
    EXPECT_TRUE((*store)
                    ->ForEachInterval(Latest().id(), 0,
                                      [&](v1::Phase, const v1::Interval&) {
                                        ++seconds;
                                        return absl::OkStatus();
                                      })
                    .ok());
    return seconds;
  }

  // What the agents say at the end that they counted in all.
  v1::Tally Counted() const {
    v1::Tally sum;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ + "/spools")) {
      if (!entry.is_regular_file() || !entry.path().filename().string().starts_with(kSpoolPrefix)) {
        continue;
      }
      auto file = OpenToRead(entry.path());
      EXPECT_TRUE(file.ok()) << file.status();
      const auto read = ReadSpoolFile(*std::move(file), [&](v1::SpoolRecord& record) {
        for (const v1::PhaseResult& total : record.end().totals()) AddCounts(total.total(), &sum);
      });
      EXPECT_TRUE(read.ok()) << read.status();
    }
    return sum;
  }

  v1::Tally CountsOf(const v1::RunResult& run) const {
    v1::Tally counts;
    for (const v1::PhaseResult& result : run.legs(0).results()) AddCounts(result.total(), &counts);
    return counts;
  }

  static constexpr const char* kNames[] = {"north", "east", "south"};
  std::vector<std::unique_ptr<Program>> agents_;
};

TEST_F(RecoveryTest, BringsInWhatTheAgentsOfAKilledCoordinatorCountedToTheLastOperation) {
  ASSERT_NO_FATAL_FAILURE(KillTheCoordinator());
  const ProgramEnd list = Weir({"list"});
  EXPECT_THAT(list.output, HasSubstr("aborted"));
  EXPECT_THAT(list.output, HasSubstr("weir recover " + Latest().id() + " --spools DIR"));

  const ProgramEnd two =
      Weir({"recover", "latest", "--spools", SpoolOf("north"), SpoolOf("south")});
  EXPECT_EQ(two.code, kExitRunInvalid) << two.output;
  EXPECT_THAT(two.output, HasSubstr("agent east: its spool is not among those given"));
  const v1::Tally part = CountsOf(Latest());
  EXPECT_GT(part.lost(), 0u);
  EXPECT_EQ(part.planned(), Settled(part));

  for (int again = 0; again < 2; ++again) {
    const ProgramEnd all = Weir({"recover", "latest", "--spools", folder_ + "/spools"});
    EXPECT_EQ(all.code, kExitRunInvalid) << all.output;
    EXPECT_THAT(all.output, HasSubstr("recovered from the spools of 3 of 3 agents"));
    const v1::RunResult run = Latest();
    EXPECT_EQ(run.state(), v1::RUN_STATE_ABORTED);
    const v1::Tally counts = CountsOf(run);
    EXPECT_EQ(counts.SerializeAsString(), Counted().SerializeAsString());
    EXPECT_GT(counts.ok(), 300u) << "of 100 a second, over the lease";
    EXPECT_EQ(counts.lost(), 0u);
    EXPECT_EQ(counts.planned(), Settled(counts));
  }

  const ProgramEnd fewer = Weir({"recover", "latest", "--spools", SpoolOf("north")});
  EXPECT_EQ(fewer.code, kExitFailure);
  EXPECT_THAT(fewer.output, HasSubstr("name the folders of all spools again"));

  const std::string out = folder_ + "/out";
  EXPECT_EQ(Weir({"report", "latest", "--out", out}).code, kExitValid);
  EXPECT_THAT(ReadAll(out + "/report.html"), HasSubstr("recovered from the spools of 3 of 3"));
  EXPECT_TRUE(std::filesystem::exists(out + "/summary.csv"));
  EXPECT_THAT(ReadAll(out + "/report.json"), HasSubstr("the coordinator ended before the run did"));
}

TEST_F(RecoveryTest, LeavesARunAloneWhoseCoordinatorLivesOrEndedItself) {
  const auto run = Run({"--agents", "1"}, "6s");
  ASSERT_TRUE(run->WaitForOutput("driving steady on nothing", 60s)) << run->Output();
  const ProgramEnd alive = Weir({"recover", "latest", "--spools", folder_});
  EXPECT_EQ(alive.code, kExitFailure);
  EXPECT_THAT(alive.output, HasSubstr(" lives"));
  EXPECT_EQ(run->Wait(60s), kExitValid) << run->Output();
  const ProgramEnd ended = Weir({"recover", "latest", "--spools", folder_});
  EXPECT_EQ(ended.code, kExitFailure);
  EXPECT_THAT(ended.output, HasSubstr("has no journal"));
  EXPECT_EQ(Weir({"recover", "latest", "--spools", folder_ + "/nowhere"}).code, kExitUsage);
}

}  // namespace
}  // namespace weir
