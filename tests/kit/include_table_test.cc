// The house of docs/architecture.md: which room may include which. A file belongs to the first row
// that its path matches; what is in no row is outside our rooms, and code may not lie there.
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/kit/source_tree.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

struct Room {
  std::string folder;                    // "*" stands for one folder
  std::vector<std::string> may_include;  // folders or single headers, besides the room itself
};

const std::vector<Room>& Rooms() {
  static const auto* const rooms = new std::vector<Room>{
      {"proto/", {}},
      {"base/", {}},
      {"measure/", {"base/", "proto/campaign.pb.h", "proto/results.pb.h", "proto/rules.pb.h"}},
      {"generators/",
       {"backends/api/", "base/", "proto/campaign.pb.h", "proto/results.pb.h", "proto/rules.pb.h"}},
      {"backends/api/", {"base/"}},
      {"backends/sql/", {"backends/api/", "base/"}},
      {"backends/cosmos/wire/", {"base/"}},
      {"backends/cosmos/http/", {"backends/api/operation.h", "backends/cosmos/wire/", "base/"}},
      {"backends/cosmos/emulator/", {"backends/cosmos/wire/", "base/"}},
      // Sees both the client and the charge model, which do not see each other.
      {"backends/cosmos/calibration/",
       {"backends/cosmos/http/answer_headers.h", "backends/cosmos/control_client.h",
        "backends/cosmos/emulator/charge.h", "backends/cosmos/emulator/charge_explanation.h",
        "backends/cosmos/gateway.h", "backends/cosmos/http/http_engine.h",
        "backends/cosmos/json_lookup.h", "backends/cosmos/wire/", "base/", "proto/campaign.pb.h",
        "proto/rules.pb.h"}},
      {"backends/cosmos/",
       {"backends/api/", "backends/cosmos/http/", "backends/cosmos/wire/", "backends/secret.h",
        "base/", "proto/campaign.pb.h", "proto/rules.pb.h"}},
      // Every other backend, those to come as well: none sees another.
      {"backends/*/",
       {"backends/api/", "backends/sql/", "backends/secret.h", "base/", "proto/campaign.pb.h",
        "proto/rules.pb.h"}},
      // The catalog: the one place that knows every backend.
      {"backends/",
       {"backends/api/", "backends/cosmos/", "backends/null/", "backends/postgres/",
        "backends/sqlite/", "backends/*/", "base/", "proto/campaign.pb.h", "proto/rules.pb.h"}},
      // What both ends of the control stream share.
      {"control/", {"base/", "proto/control.", "proto/spool."}},
      {"agent/",
       {"backends/api/", "backends/catalog.h", "backends/endpoints.h", "base/", "control/",
        "generators/", "measure/", "proto/"}},
      {"reports/",
       {"base/", "measure/", "proto/campaign.pb.h", "proto/prices.pb.h", "proto/results.pb.h",
        "proto/rules.pb.h"}},
      // The instrument checks itself: every room but the databases and the control's I/O.
      {"selftest/",
       {"agent/", "backends/api/", "base/", "coordinator/backlog_watch.h",
        "coordinator/capacity_search.h", "coordinator/clock_offset.h", "coordinator/gate_start.h",
        "coordinator/leg_verdict.h", "coordinator/probe_judge.h", "coordinator/stage_merge.h",
        "generators/", "measure/", "proto/", "reports/"}},
      // What became of a run's writes.
      {"integrity/",
       {"agent/dead_letters.h", "backends/api/", "base/", "generators/", "measure/",
        "proto/campaign.pb.h", "proto/letters.pb.h", "proto/results.pb.h", "reports/"}},
      // The program `weir` is put together here.
      {"coordinator/cli/",
       {"agent/", "backends/", "base/", "control/", "coordinator/", "generators/", "integrity/",
        "measure/", "proto/", "reports/", "selftest/"}},
      // From a campaign to what a cluster starts its agents from; without the control of a run.
      {"coordinator/deploy/",
       {"base/", "coordinator/certificates.h", "coordinator/problem.h", "coordinator/yaml_tree.h",
        "proto/campaign.pb.h", "proto/rules.pb.h", "reports/comparison_design.h"}},
      {"coordinator/", {"base/", "control/", "measure/", "proto/", "reports/"}},
      // The control of agents and of a run, in one thread and virtual time; nobody includes it.
      {"simulation/",
       {"agent/agent_control.h", "agent/spool.h", "agent/stage_budget.h", "base/", "control/",
        "coordinator/", "measure/", "proto/"}},
  };
  return *rooms;
}

// A library is included where its exceptions and its weight stay; a pattern of the path, then
// rooms.
const std::vector<Room>& Libraries() {
  static const auto* const libraries = new std::vector<Room>{
      {"grpc", {"agent/", "control/", "coordinator/"}},
      {"proto/control.", {"agent/", "control/", "coordinator/", "simulation/"}},
      {"libpq", {"backends/postgres/"}},
      {"pqxx/", {"backends/postgres/"}},
      {"SQLiteCpp/", {"backends/sqlite/", "reports/"}},
      {"sqlite3.h", {"backends/sqlite/", "reports/"}},
      {"curl/", {"backends/cosmos/http/"}},
      {"microhttpd.h", {"coordinator/live/dashboard_server.cc"}},
      {"openssl/ssl.h",
       {"backends/cosmos/emulator/", "backends/cosmos/http/", "backends/postgres/"}},
      {"simdjson", {"backends/cosmos/"}},
      {"re2/", {"backends/cosmos/emulator/sql/"}},
      {"yaml-cpp/", {"coordinator/"}},
      {"CLI/", {"agent/", "coordinator/cli/"}},
      {"spdlog/", {"agent/", "coordinator/"}},
      {"nlohmann/", {"backends/cosmos/", "coordinator/", "reports/"}},
      {"gtest/", {}},
      {"gmock/", {}},
      {"tests/", {}},
  };
  return *libraries;
}

bool Matches(std::string_view path, std::string_view folder) {
  const size_t star = folder.find('*');
  if (star == std::string_view::npos) return path.starts_with(folder);
  if (!path.starts_with(folder.substr(0, star))) return false;
  const size_t end = path.find('/', star);
  return end != std::string_view::npos && end > star;
}

const Room* RoomOf(std::string_view path) {
  for (const Room& room : Rooms()) {
    if (Matches(path, room.folder)) return &room;
  }
  return nullptr;
}

// The room's folder on this path: "backends/sqlite/" for "backends/*/".
std::string_view FolderOf(const Room& room, std::string_view path) {
  const size_t star = room.folder.find('*');
  return path.substr(0, star == std::string::npos ? room.folder.size() : path.find('/', star) + 1);
}

bool MatchesOne(std::string_view path, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    if (Matches(path, folder)) return true;
  }
  return false;
}

bool MayInclude(const Room& room, const std::string& path, const std::string& included) {
  for (const Room& library : Libraries()) {
    if (absl::StartsWith(included, library.folder)) return MatchesOne(path, library.may_include);
  }
  const Room* theirs = RoomOf(included);
  if (theirs == nullptr || MatchesOne(included, room.may_include)) return true;
  return theirs == &room && FolderOf(room, path) == FolderOf(room, included);
}

std::optional<std::string> IncludedBy(const std::string& line) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*["<]([^">]+)[">])");
  std::smatch match;
  if (!std::regex_search(line, match, kInclude)) return std::nullopt;
  return match[1].str();
}

bool IsProductCode(const SourceFile& file) {
  return (file.extension() == "cc" || file.extension() == "h") &&
         !absl::StartsWith(file.path, "tests/");
}

// One line per forbidden include; empty when the house is in order.
std::string ForbiddenIncludes(const std::vector<SourceFile>& files) {
  std::string found;
  for (const SourceFile& file : files) {
    if (!IsProductCode(file)) continue;
    const Room* room = RoomOf(file.path);
    if (room == nullptr) {
      absl::StrAppend(&found, file.path, ": lies in no room of the table\n");
      continue;
    }
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::optional<std::string> included = IncludedBy(file.lines[i]);
      if (!included.has_value() || MayInclude(*room, file.path, *included)) continue;
      absl::StrAppend(&found, file.path, ":", i + 1, ": ", room->folder, " may not include \"",
                      *included, "\"\n");
    }
  }
  return found;
}

void ExpectNone(const std::string& findings) { EXPECT_TRUE(findings.empty()) << findings; }

std::string Judge(const std::string& path, const std::string& line) {
  return ForbiddenIncludes({MakeSourceFile(path, line + "\n")});
}

TEST(IncludeTable, NoFileIncludesAgainstTheArrows) { ExpectNone(ForbiddenIncludes(SourceTree())); }

TEST(IncludeTable, ForbiddenIncludeIsFound) {
  EXPECT_THAT(Judge("generators/a.cc", "#include \"backends/postgres/postgres_backend.h\""),
              HasSubstr("generators/a.cc:1: generators/ may not include"));
  EXPECT_NE(Judge("base/a.h", "#include \"measure/tally.h\""), "");
  EXPECT_NE(Judge("measure/a.h", "# include  \"agent/worker.h\""), "");
  EXPECT_NE(Judge("coordinator/a.cc", "#include \"generators/dataset.h\""), "");
  EXPECT_NE(Judge("reports/a.cc", "#include \"coordinator/plan.h\""), "");
  EXPECT_NE(Judge("agent/a.cc", "#include \"backends/sqlite/sqlite_backend.h\""), "");
  EXPECT_NE(Judge("generators/a.cc", "#include \"proto/control.pb.h\""), "");
  EXPECT_NE(Judge("coordinator/cli/a.cc", "#include \"simulation/world.h\""), "");
  EXPECT_NE(Judge("simulation/a.cc", "#include \"generators/schedule.h\""), "");
}

TEST(IncludeTable, BackendsDoNotSeeEachOther) {
  EXPECT_NE(Judge("backends/postgres/a.cc", "#include \"backends/sqlite/sqlite_dialect.h\""), "");
  EXPECT_NE(Judge("backends/new_one/a.cc", "#include \"backends/cosmos/wire/signature.h\""), "");
  EXPECT_NE(Judge("backends/cosmos/a.cc", "#include \"backends/cosmos/emulator/charge.h\""), "");
  EXPECT_NE(Judge("backends/cosmos/emulator/a.cc", "#include \"backends/cosmos/gateway.h\""), "");
  EXPECT_EQ(Judge("backends/new_one/a.cc", "#include \"backends/new_one/b.h\""), "");
  EXPECT_EQ(Judge("backends/catalog.cc", "#include \"backends/new_one/b.h\""), "");
}

TEST(IncludeTable, LibraryStaysInItsRoom) {
  EXPECT_NE(Judge("agent/a.cc", "#include <libpq-fe.h>"), "");
  EXPECT_EQ(Judge("backends/postgres/a.cc", "#include <libpq-fe.h>"), "");
  EXPECT_NE(Judge("base/a.cc", "#include <grpcpp/grpcpp.h>"), "");
  EXPECT_NE(Judge("agent/a.cc", "#include \"tests/support/a.h\""), "");
  EXPECT_EQ(Judge("base/a.cc", "#include \"absl/status/status.h\""), "");
}

TEST(IncludeTable, CodeOutsideEveryRoomIsFound) {
  EXPECT_THAT(Judge("helpers/a.cc", ""), HasSubstr("no room"));
}

}  // namespace
}  // namespace weir
