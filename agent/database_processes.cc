#include "agent/database_processes.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

bool IsThisMachine(const std::string& host) {
  return host == "localhost" || host == "::1" || absl::StartsWith(host, "127.");
}

std::vector<std::string> NamesIn(const std::string& directory) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(directory.c_str()), &closedir);
  if (open == nullptr) return names;
  while (const dirent* entry = readdir(open.get())) names.emplace_back(entry->d_name);
  return names;
}

// "cosmos-emulator": a program's subcommand, and no option or file.
bool IsSubcommand(const std::string& word) {
  return !word.empty() && word[0] != '-' && std::all_of(word.begin(), word.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || letter == '-';
  });
}

// The inode of a listening socket's line in /proc/net/tcp, when its port is this.
std::optional<uint64_t> ListeningSocket(const std::string& line, uint16_t port) {
  constexpr char kListening[] = "0A";
  std::istringstream words(line);
  std::string number, local, remote, state, queues, timer, retransmits, user, timeout;
  uint64_t inode = 0;
  words >> number >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout;
  if (!(words >> inode) || state != kListening) return std::nullopt;
  uint64_t local_port = 0;
  const size_t colon = local.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::istringstream(local.substr(colon + 1)) >> std::hex >> local_port;
  return local_port == port ? std::optional(inode) : std::nullopt;
}

}  // namespace

DatabaseProcesses::DatabaseProcesses(const ServerLocation& location, std::string root)
    : root_(std::move(root)), reader_(root_), main_process_(location.process) {
  if (main_process_ == 0 && IsThisMachine(location.host)) main_process_ = Listener(location.port);
  if (main_process_ == getpid()) main_process_ = 0;
  if (main_process_ != 0) name_ = NameOf(main_process_);
}

std::string DatabaseProcesses::FolderOf(int64_t process) const {
  return absl::StrCat("proc/", process, "/");
}

// Empty when the process is gone.
std::string DatabaseProcesses::Text(int64_t process, const char* file) const {
  return reader_.Text(FolderOf(process) + file).value_or("");
}

std::vector<int64_t> DatabaseProcesses::All() const {
  std::vector<int64_t> processes;
  for (const std::string& name : NamesIn(absl::StrCat(root_, "/proc"))) {
    int64_t process = 0;
    if (absl::SimpleAtoi(name, &process)) processes.push_back(process);
  }
  return processes;
}

std::vector<uint64_t> DatabaseProcesses::SocketsListening(uint16_t port) const {
  std::vector<uint64_t> sockets;
  for (const char* table : {"proc/net/tcp", "proc/net/tcp6"}) {
    std::istringstream lines(reader_.Text(table).value_or(""));
    for (std::string line; std::getline(lines, line);) {
      if (const auto socket = ListeningSocket(line, port)) sockets.push_back(*socket);
    }
  }
  return sockets;
}

int64_t DatabaseProcesses::Listener(uint16_t port) const {
  const std::vector<uint64_t> sockets = SocketsListening(port);
  if (sockets.empty()) return 0;
  for (const int64_t process : All()) {
    if (Holds(process, sockets)) return process;
  }
  return 0;
}

bool DatabaseProcesses::Holds(int64_t process, const std::vector<uint64_t>& sockets) const {
  const std::string directory = absl::StrCat(root_, "/", FolderOf(process), "fd");
  for (const std::string& name : NamesIn(directory)) {
    char target[64] = {};
    if (readlink((directory + "/" + name).c_str(), target, sizeof(target) - 1) <= 0) continue;
    for (const uint64_t socket : sockets) {
      if (absl::StrCat("socket:[", socket, "]") == target) return true;
    }
  }
  return false;
}

std::string DatabaseProcesses::NameOf(int64_t process) const {
  std::istringstream words(Text(process, "cmdline"));
  std::string program;
  std::string subcommand;
  std::getline(words, program, '\0');
  std::getline(words, subcommand, '\0');
  program.erase(0, program.rfind('/') + 1);
  return IsSubcommand(subcommand) ? absl::StrCat(program, " ", subcommand) : program;
}

std::optional<DatabaseProcesses::Process> DatabaseProcesses::Read(int64_t process) const {
  const std::string stat = Text(process, "stat");
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(name_end + 2));
  Process found;
  std::string skipped;
  fields >> skipped >> found.parent;
  constexpr int kBetweenParentAndCpu = 9;
  for (int i = 0; i < kBetweenParentAndCpu; ++i) fields >> skipped;
  for (int i = 0; i < 4; ++i) {  // user, system; and both of ended children
    uint64_t ticks = 0;
    fields >> ticks;
    found.cpu_ticks += ticks;
  }
  if (!fields || (process != main_process_ && found.parent != main_process_)) return std::nullopt;
  std::istringstream pages(Text(process, "statm"));
  uint64_t size = 0;
  uint64_t resident = 0;
  pages >> size >> resident >> found.shared_pages;
  found.private_pages = resident - std::min(resident, found.shared_pages);
  return found;
}

// Memory that processes share is counted once, as large as the process that has most of it in use
// sees it. (The exact figure, Pss, makes the kernel walk every page of every process and hold their
// memory locks meanwhile: not something to do to a database that is being measured.)
DatabaseProcesses::Sum DatabaseProcesses::Total() const {
  Sum sum;
  if (!found()) return sum;
  uint64_t shared_pages = 0;
  for (const int64_t number : All()) {
    const std::optional<Process> process = Read(number);
    if (!process) continue;
    ++sum.processes;
    sum.cpu_ticks += process->cpu_ticks;
    sum.pages += process->private_pages;
    shared_pages = std::max(shared_pages, process->shared_pages);
  }
  sum.pages += shared_pages;
  return sum;
}

std::optional<v1::ProcessSample> DatabaseProcesses::Sample() {
  const Sum sum = Total();
  if (sum.processes == 0) return std::nullopt;
  static const auto kTickNs = static_cast<uint64_t>(kNsPerSecond / sysconf(_SC_CLK_TCK));
  static const auto kPageBytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  v1::ProcessSample sample;
  sample.set_name(name_);
  sample.set_processes(sum.processes);
  sample.set_cpu_ns((sum.cpu_ticks - std::min(sum.cpu_ticks, cpu_ticks_)) * kTickNs);
  sample.set_resident_bytes(sum.pages * kPageBytes);
  cpu_ticks_ = std::max(cpu_ticks_, sum.cpu_ticks);
  return sample;
}

}  // namespace weir
