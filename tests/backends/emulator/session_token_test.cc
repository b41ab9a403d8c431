#include "backends/cosmos/emulator/session_token.h"

#include <gtest/gtest.h>

#include "backends/cosmos/wire/headers.h"
#include "tests/backends/emulator/service_fixture.h"

namespace weir::cosmos::emulator {
namespace {

class SessionTest : public ServiceTest {
 protected:
  std::string After(const HttpResponse& response, int more) {
    const std::string token = Find(response, header::kSessionToken);
    const size_t hash = token.find('#');
    return absl::StrCat(token.substr(0, hash + 1), std::atoi(token.c_str() + hash + 1) + more);
  }
};

TEST_F(SessionTest, AReadBehindItsSessionIsRefused) {
  MakeContainer(400);
  const HttpResponse made = Create("1", "p");
  const auto read = [&](int more, Headers headers = {}) {
    headers.emplace_back(header::kSessionToken, After(made, more));
    return Item("GET", "1", "p", "", headers);
  };
  EXPECT_EQ(read(0).status, 200);
  const HttpResponse behind = read(1);
  EXPECT_EQ(behind.status, 404);
  EXPECT_EQ(Find(behind, header::kSubstatus), "1002");
  EXPECT_GT(Charge(behind), 0);
  EXPECT_EQ(read(1, {{header::kConsistencyLevel, "Eventual"}}).status, 200);
  EXPECT_EQ(Query("SELECT * FROM c", {{header::kSessionToken, After(made, 1)}}).status, 404);
  EXPECT_EQ(Query("SELECT * FROM c", {{header::kSessionToken, After(made, 0)}}).status, 200);
  EXPECT_EQ(Send("GET", "/dbs/d/colls/c/docs", "",
                 {{header::kAIm, "Incremental Feed"},
                  {header::kPartitionKeyRangeId, "0"},
                  {header::kSessionToken, After(made, 1)}})
                .status,
            404);
  ASSERT_EQ(Create("2", "p").status, 201);
  EXPECT_EQ(read(1).status, 200);
}

TEST_F(SessionTest, OtherRangesAndWhatCannotBeReadAskForNothing) {
  MakeContainer(400);
  ASSERT_EQ(Create("1", "p").status, 201);
  for (const char* token : {"7:-1#99", "nonsense", "0:-1#", ",,", "7:-1#99,0:-1#1#3=8"}) {
    EXPECT_EQ(Item("GET", "1", "p", "", {{header::kSessionToken, token}}).status, 200) << token;
  }
  EXPECT_EQ(Item("GET", "1", "p", "", {{header::kSessionToken, "7:-1#99,0:-1#2#3=8"}}).status, 404);
}

}  // namespace
}  // namespace weir::cosmos::emulator
