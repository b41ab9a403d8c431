// Against real processes of this machine, and against a /proc that the test wrote.
#include "agent/database_processes.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

// A folder laid out as /proc.
class WrittenProc {
 public:
  WrittenProc() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-proc-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    proc_ = root_ / "proc";
    Write("net/tcp",
          "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
          "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000 105 0 4242 "
          "1\n"
          "   1: 0100007F:1538 0100007F:9999 01 00000000:00000000 00:00000000 00000000 105 0 4343 "
          "1\n");
  }
  ~WrittenProc() { std::filesystem::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((proc_ / file).parent_path());
    std::ofstream(proc_ / file) << text;
  }
  // CPU in ticks: user, system, and of ended children.
  void AddProcess(int process, int parent, uint64_t user, uint64_t system, uint64_t children,
                  uint64_t resident_pages, uint64_t shared_pages) {
    Write(absl::StrCat(process, "/stat"),
          absl::StrCat(process, " (post) gres) S ", parent, " 1 1 0 -1 4194304 10 20 30 40 ", user,
                       " ", system, " ", children, " 0 20 0 1 0 100\n"));
    Write(absl::StrCat(process, "/statm"),
          absl::StrCat("9999 ", resident_pages, " ", shared_pages, " 1 0 1 0\n"));
  }
  void Remove(int process) { std::filesystem::remove_all(proc_ / absl::StrCat(process)); }
  void Link(const std::string& file, const std::string& target) {
    std::filesystem::create_directories((proc_ / file).parent_path());
    std::filesystem::create_symlink(target, proc_ / file);
  }
  std::string path() const { return root_.string(); }

 private:
  std::filesystem::path root_;
  std::filesystem::path proc_;
};

const auto kTickNs = static_cast<uint64_t>(kNsPerSecond / sysconf(_SC_CLK_TCK));
const auto kPageBytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));

class DatabaseProcessesInProc : public ::testing::Test {
 protected:
  DatabaseProcessesInProc() {
    proc_.AddProcess(100, 1, 10, 5, 0, 50, 40);
    proc_.AddProcess(101, 100, 20, 0, 0, 30, 25);
    proc_.AddProcess(102, 100, 30, 0, 0, 70, 60);
    proc_.AddProcess(200, 1, 1'000, 0, 0, 900, 0);  // somebody else
    proc_.Write("100/cmdline", std::string("/usr/lib/postgresql/15/bin/postgres\0-D\0/data\0", 45));
    proc_.Link("100/fd/3", "socket:[4242]");
    proc_.Link("200/fd/3", "socket:[4343]");
  }
  WrittenProc proc_;
};

TEST_F(DatabaseProcessesInProc, FindsTheListenerOfAPortOnThisMachine) {
  for (const char* host : {"127.0.0.1", "localhost", "::1"}) {
    const DatabaseProcesses processes({host, 5432}, proc_.path());
    EXPECT_TRUE(processes.found()) << host;
    EXPECT_EQ(processes.name(), "postgres");
  }
  EXPECT_FALSE(DatabaseProcesses({"127.0.0.1", 5433}, proc_.path()).found());
  EXPECT_FALSE(DatabaseProcesses({"10.0.0.7", 5432}, proc_.path()).found());
  EXPECT_FALSE(DatabaseProcesses({}, proc_.path()).found());
}

TEST_F(DatabaseProcessesInProc, ASubcommandBelongsToTheName) {
  using namespace std::string_literals;
  proc_.Write("100/cmdline", "/opt/weir\0cosmos-emulator\0--listen\0"s);
  EXPECT_EQ(DatabaseProcesses({"", 0, 100}, proc_.path()).name(), "weir cosmos-emulator");
  proc_.Write("100/cmdline", "mysqld\0/etc/my.cnf\0"s);
  EXPECT_EQ(DatabaseProcesses({"", 0, 100}, proc_.path()).name(), "mysqld");
}

TEST_F(DatabaseProcessesInProc, CountsTheMainProcessAndItsChildren) {
  DatabaseProcesses processes({"somewhere", 0, 100}, proc_.path());
  processes.Begin();
  proc_.AddProcess(100, 1, 11, 5, 0, 50, 40);
  proc_.AddProcess(102, 100, 35, 2, 0, 70, 60);
  const auto sample = processes.Sample();
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->processes(), 3u);
  EXPECT_EQ(sample->cpu_ns(), (1 + 5 + 2) * kTickNs);
  EXPECT_EQ(sample->resident_bytes(), (10 + 5 + 10 + 60) * kPageBytes);
  EXPECT_EQ(processes.Sample()->cpu_ns(), 0u);
}

TEST_F(DatabaseProcessesInProc, AChildThatEndedIsNotLost) {
  DatabaseProcesses processes({"somewhere", 0, 100}, proc_.path());
  processes.Begin();
  proc_.Remove(102);
  proc_.AddProcess(100, 1, 10, 5, 37, 50, 40);  // waited for: 30 ticks before, 7 since
  EXPECT_EQ(processes.Sample()->cpu_ns(), 7 * kTickNs);
}

TEST_F(DatabaseProcessesInProc, AServerThatIsGoneHasNoSample) {
  DatabaseProcesses processes({"somewhere", 0, 100}, proc_.path());
  for (const int process : {100, 101, 102}) proc_.Remove(process);
  EXPECT_FALSE(processes.Sample().has_value());
}

TEST(DatabaseProcesses, SeesWhatARealServerOfThisMachineTakes) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const pid_t server = fork();
  if (server == 0) {
    for (volatile bool works = true; works;) {
    }
  }
  close(listener);  // the child alone listens now
  DatabaseProcesses processes({"127.0.0.1", ntohs(address.sin_port)});
  EXPECT_TRUE(processes.found());
  processes.Begin();
  uint64_t cpu_ns = 0;
  while (cpu_ns < 20 * kTickNs) {
    const auto sample = processes.Sample();
    ASSERT_TRUE(sample.has_value());
    EXPECT_EQ(sample->processes(), 1u);
    EXPECT_GT(sample->resident_bytes(), 0u);
    cpu_ns += sample->cpu_ns();
  }
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
}

TEST(DatabaseProcesses, ThisVeryProcessIsNoDatabase) {
  EXPECT_FALSE(DatabaseProcesses({"127.0.0.1", 0, getpid()}).found());
}

}  // namespace
}  // namespace weir
