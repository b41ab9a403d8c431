// Habits of the code that no compiler watches over. Each is judged on the whole tree, and each has
// a line that it must find.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/kit/source_tree.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using Files = std::vector<SourceFile>;

constexpr size_t kColumns = 100;
constexpr size_t kReadmeLines = 15;
constexpr size_t kFileLines = 600;  // few are over 400; one that grows past this is several

// This file spells out what it forbids.
bool IsThisTest(const SourceFile& file) { return file.path == "tests/kit/tidy_test.cc"; }

bool IsCpp(const SourceFile& file) { return file.extension() == "cc" || file.extension() == "h"; }

bool IsWritten(const SourceFile& file) {
  static const std::set<std::string> kExtensions = {"cc",   "h",   "proto", "cmake", "txt",  "md",
                                                    "yaml", "mjs", "js",    "css",   "html", "sh"};
  if (absl::StrContains(file.name(), "golden") || absl::StartsWith(file.path, "LICENSE"))
    return false;
  return kExtensions.contains(file.extension()) || file.extension().empty();
}

// Not the schema: a field and what is said about it stand on one line where they can.
bool HasColumns(const SourceFile& file) {
  static const std::set<std::string> kExtensions = {"cc", "h", "cmake", "mjs", "sh"};
  return kExtensions.contains(file.extension()) || file.name() == "CMakeLists.txt" ||
         file.path == "dev";
}

size_t Columns(const std::string& line) {
  size_t columns = 0;
  for (const char byte : line) columns += (static_cast<uint8_t>(byte) & 0xc0) != 0x80;
  return columns;
}

// An address, an include or a raw string cannot be broken.
bool IsTooLong(const std::string& line) {
  return Columns(line) > kColumns && !absl::StrContains(line, "://") &&
         !absl::StrContains(line, "R\"") && !absl::StartsWith(line, "#include");
}

std::string LongLines(const Files& files) { return FindLines(files, HasColumns, IsTooLong); }

std::string StrayBlanks(const Files& files) {
  return FindLines(files, IsWritten, [](const std::string& line) {
    return absl::StrContains(line, "\t") || absl::EndsWith(line, " ") || absl::EndsWith(line, "\r");
  });
}

std::string UnfinishedBusiness(const Files& files) {
  static const std::regex kMarks(R"(\b(TODO|FIXME|XXX|HACK)\b)");
  return FindLines(
      files, [](const SourceFile& file) { return IsWritten(file) && !IsThisTest(file); },
      [](const std::string& line) { return std::regex_search(line, kMarks); });
}

// A path of one developer's machine.
std::string LocalPaths(const Files& files) {
  static const std::regex kPaths(R"((^|[^\w.])/(home/\w+|root)/)");
  return FindLines(
      files, [](const SourceFile& file) { return !IsThisTest(file); },
      [](const std::string& line) { return std::regex_search(line, kPaths); });
}

// Response, service, wait or lag: the bare word says none of them. Log records may have what they
// like; the glossary forbids it.
std::string UnqualifiedLatency(const Files& files) {
  static const std::regex kWord(R"(\blatenc(y|ies)\b)", std::regex::icase);
  return FindLines(
      files,
      [](const SourceFile& file) {
        return IsWritten(file) && !IsThisTest(file) && file.path != "docs/glossary.md" &&
               !absl::StartsWith(file.path, "generators/") &&
               !absl::StartsWith(file.path, "tests/");
      },
      [](const std::string& line) { return std::regex_search(line, kWord); });
}

// The lock must not bind everyone to the registry that it was made with.
std::string RegistryHosts(const Files& files) {
  return FindLines(
      files, [](const SourceFile& file) { return file.name() == "package-lock.json"; },
      [](const std::string& line) { return absl::StrContains(line, "\"resolved\":"); });
}

// What an agent is made of starts no program: nothing that a coordinator asks may.
std::string StartedPrograms(const Files& files) {
  static const std::regex kStarts(
      R"(\b(system|popen|exec[lv]p?e?|execvpe|fexecve|posix_spawnp?|v?fork|clone3?)\()");
  static const std::vector<std::string> kRooms = {
      "agent/", "backends/", "base/", "control/", "generators/", "integrity/", "measure/"};
  return FindLines(
      files,
      [](const SourceFile& file) {
        return IsCpp(file) && std::any_of(kRooms.begin(), kRooms.end(), [&](const auto& room) {
                 return absl::StartsWith(file.path, room);
               });
      },
      [](const std::string& line) {
        return !absl::StrContains(line, "->") && std::regex_search(line, kStarts);
      });
}

// Words that say nothing about what a thing is.
std::string EmptyNames(const Files& files) {
  static const std::regex kFile(
      R"((^|_)(managers?|helpers?|utils?|utility|common|impl|misc|data|info)[._])");
  static const std::regex kType(
      R"(\b(class|struct)\s+\w*(Manager|Helper|Utils?|Common|Impl|Data|Info)\b)");
  std::string found = FindLines(
      files, [](const SourceFile& file) { return IsCpp(file) && !IsThisTest(file); },
      [](const std::string& line) { return std::regex_search(line, kType); });
  for (const SourceFile& file : files) {
    if (std::regex_search(file.name(), kFile)) absl::StrAppend(&found, file.path, "\n");
  }
  return found;
}

std::string UnguardedHeaders(const Files& files) {
  std::string found;
  for (const SourceFile& file : files) {
    if (file.extension() != "h") continue;
    bool guarded = false;
    for (const std::string& line : file.lines) guarded |= line == "#pragma once";
    if (!guarded) absl::StrAppend(&found, file.path, "\n");
  }
  return found;
}

std::string UnexplainedHeaders(const Files& files) {
  std::string found;
  for (const SourceFile& file : files) {
    if (file.extension() != "h") continue;
    if (file.lines.empty() || !absl::StartsWith(file.lines[0], "// ")) {
      absl::StrAppend(&found, file.path, "\n");
    }
  }
  return found;
}

bool NeedsReadme(const SourceFile& file) {
  return (IsCpp(file) || file.extension() == "proto") && !absl::StartsWith(file.path, "tests/");
}

std::string FoldersWithoutReadme(const Files& files) {
  std::set<std::string> folders;
  for (const SourceFile& file : files) {
    if (NeedsReadme(file)) folders.insert(file.folder());
  }
  for (const SourceFile& file : files) {
    if (file.name() == "README.md") folders.erase(file.folder());
  }
  return absl::StrJoin(folders, "\n");
}

std::string LongReadmes(const Files& files) {
  std::string found;
  for (const SourceFile& file : files) {
    // The last line is what follows the final newline.
    if (file.name() != "README.md" || file.folder().empty()) continue;
    if (file.lines.size() > kReadmeLines + 1) absl::StrAppend(&found, file.path, "\n");
  }
  return found;
}

// Whether a CMakeLists.txt of this folder or of one above names the file.
bool IsBuilt(const Files& files, const SourceFile& file) {
  for (const SourceFile& list : files) {
    if (list.name() != "CMakeLists.txt") continue;
    const std::string folder = list.folder().empty() ? "" : list.folder() + "/";
    if (!absl::StartsWith(file.path, folder)) continue;
    if (absl::StrContains(absl::StrJoin(list.lines, "\n"), file.path.substr(folder.size()))) {
      return true;
    }
  }
  return false;
}

std::string ForgottenSources(const Files& files) {
  std::string found;
  for (const SourceFile& file : files) {
    if (file.extension() == "cc" && !IsBuilt(files, file)) absl::StrAppend(&found, file.path, "\n");
  }
  return found;
}

void ExpectNone(const std::string& findings) { EXPECT_TRUE(findings.empty()) << findings; }

std::string LongFiles(const Files& files) {
  std::string found;
  for (const SourceFile& file : files) {
    if (IsCpp(file) && file.lines.size() > kFileLines) absl::StrAppend(&found, file.path, "\n");
  }
  return found;
}

// Whether a link of this file's text leads to a file or folder of the tree.
bool LeadsSomewhere(const Files& files, const SourceFile& from, const std::string& link) {
  namespace fs = std::filesystem;
  const std::string target = (fs::path(from.folder()) / link).lexically_normal().string();
  for (const SourceFile& file : files) {
    if (file.path == target || absl::StartsWith(file.path, target)) return true;
  }
  return false;
}

std::string BrokenLinks(const Files& files) {
  static const std::regex kLink(R"(\]\(([^)#:\s]+)(#[^)]*)?\))");
  std::string found;
  for (const SourceFile& file : files) {
    if (file.extension() != "md") continue;
    for (const std::string& line : file.lines) {
      for (std::sregex_iterator at(line.begin(), line.end(), kLink), end; at != end; ++at) {
        const std::string link = (*at)[1].str();
        if (!LeadsSomewhere(files, file, link))
          absl::StrAppend(&found, file.path, ": ", link, "\n");
      }
    }
  }
  return found;
}

Files One(const std::string& path, const std::string& text) { return {MakeSourceFile(path, text)}; }

TEST(Tidy, ReadsTheTree) {
  EXPECT_GT(SourceTree().size(), 100u);
  EXPECT_NE(FindLines(SourceTree(), IsThisTest, [](const std::string&) { return true; }), "");
}

TEST(Tidy, LinesFitTheirColumns) {
  ExpectNone(LongLines(SourceTree()));
  EXPECT_EQ(LongLines(One("a.cc", std::string(100, 'x'))), "");
  EXPECT_EQ(LongLines(One("a.cc", "// " + absl::StrJoin(std::vector<std::string>(97, "µ"), ""))),
            "");
  EXPECT_THAT(LongLines(One("a.cc", "x\n" + std::string(101, 'x'))), HasSubstr("a.cc:2: "));
}

TEST(Tidy, NoTabsAndNoBlanksAtTheEnd) {
  ExpectNone(StrayBlanks(SourceTree()));
  EXPECT_NE(StrayBlanks(One("a.md", "\tx")), "");
  EXPECT_NE(StrayBlanks(One("a.cc", "x ")), "");
  EXPECT_NE(StrayBlanks(One("dev", "x\r")), "");
}

TEST(Tidy, NothingIsLeftToDo) {
  ExpectNone(UnfinishedBusiness(SourceTree()));
  EXPECT_NE(UnfinishedBusiness(One("a.cc", "// TODO(me): mend")), "");
  EXPECT_EQ(UnfinishedBusiness(One("a.cc", "// 0xFIXMEAL")), "");
}

TEST(Tidy, NoPathsOfOneMachine) {
  ExpectNone(LocalPaths(SourceTree()));
  EXPECT_NE(LocalPaths(One("a.yaml", "path: /home/me/weir")), "");
  EXPECT_NE(LocalPaths(One("a.md", "see `/home/someone/weir`")), "");
  EXPECT_EQ(LocalPaths(One("a.yaml", "path: /tmp/weir.db")), "");
}

TEST(Tidy, NoTextSaysLatencyWithoutSayingWhich) {
  ExpectNone(UnqualifiedLatency(SourceTree()));
  EXPECT_NE(UnqualifiedLatency(One("reports/web/a.js", "title: 'Latency'")), "");
  EXPECT_NE(UnqualifiedLatency(One("docs/a.md", "| p99 latencies |")), "");
  EXPECT_EQ(UnqualifiedLatency(One("campaigns/a.yaml", "field: latency_us")), "");
}

TEST(Tidy, LocksNameNoRegistry) {
  ExpectNone(RegistryHosts(SourceTree()));
  EXPECT_NE(
      RegistryHosts(One("a/package-lock.json", "\"resolved\": \"https://example.org/a.tgz\"")), "");
}

TEST(Tidy, AgentsStartNoProgram) {
  ExpectNone(StartedPrograms(SourceTree()));
  EXPECT_NE(StartedPrograms(One("agent/a.cc", "  std::system(command.c_str());")), "");
  EXPECT_NE(StartedPrograms(One("backends/cosmos/a.cc", "if (fork() == 0) execvp(name, words);")),
            "");
  EXPECT_EQ(StartedPrograms(One("coordinator/a.cc", "posix_spawn(&pid, agent, nullptr);")), "");
  EXPECT_EQ(StartedPrograms(One("agent/a.cc", "work.exec(sql); file_system(x);")), "");
}

TEST(Tidy, NamesSaySomething) {
  ExpectNone(EmptyNames(SourceTree()));
  EXPECT_NE(EmptyNames(One("base/string_util.h", "")), "");
  EXPECT_NE(EmptyNames(One("base/a.h", "class SessionManager {")), "");
  EXPECT_EQ(EmptyNames(One("base/implicit_database.h", "struct Informant {")), "");
}

TEST(Tidy, HeadersAreGuarded) {
  ExpectNone(UnguardedHeaders(SourceTree()));
  EXPECT_NE(UnguardedHeaders(One("a.h", "int x;")), "");
}

TEST(Tidy, HeadersSayWhatTheyAre) {
  ExpectNone(UnexplainedHeaders(SourceTree()));
  EXPECT_NE(UnexplainedHeaders(One("a.h", "#pragma once")), "");
}

TEST(Tidy, FoldersHaveAReadme) {
  ExpectNone(FoldersWithoutReadme(SourceTree()));
  EXPECT_EQ(FoldersWithoutReadme(One("base/a.h", "")), "base");
}

TEST(Tidy, ReadmesAreShort) {
  ExpectNone(LongReadmes(SourceTree()));
  EXPECT_NE(LongReadmes(One("base/README.md", std::string(20, '\n'))), "");
}

TEST(Tidy, FilesAreOfAReadableLength) {
  ExpectNone(LongFiles(SourceTree()));
  EXPECT_NE(LongFiles(One("a.cc", std::string(700, '\n'))), "");
}

TEST(Tidy, LinksLeadSomewhere) {
  ExpectNone(BrokenLinks(SourceTree()));
  EXPECT_EQ(BrokenLinks(One("docs/a.md", "see [a](nowhere.md#x)")), "docs/a.md: nowhere.md\n");
  EXPECT_EQ(BrokenLinks(One("docs/a.md", "see [a](../docs/a.md#x), [b](https://example.org/)")),
            "");
}

TEST(Tidy, EverySourceIsBuilt) {
  ExpectNone(ForgottenSources(SourceTree()));
  EXPECT_EQ(ForgottenSources(One("base/a.cc", "")), "base/a.cc\n");
}

}  // namespace
}  // namespace weir
