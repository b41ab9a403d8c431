#include "agent/watch/system_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr uint64_t kBytesPerSecondOfMegabit = 1'000'000 / 8;

uint64_t NsPerTick() { return static_cast<uint64_t>(kNsPerSecond / sysconf(_SC_CLK_TCK)); }

}  // namespace

SystemReader::SystemReader(std::string root) : root_(std::move(root)) {
  bool unified;
  cpu_folders_ = CgroupFolders("cpu", &unified);
}

// Not a stream: those throw where reading fails, as of /sys/class/net/lo/speed.
std::optional<std::string> SystemReader::Text(const std::string& path) const {
  const int file = open(Place(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::string text;
  char piece[4096];
  ssize_t length;
  while ((length = read(file, piece, sizeof(piece))) > 0) {
    text.append(piece, static_cast<size_t>(length));
  }
  close(file);
  if (length < 0) return std::nullopt;
  return text;
}

std::string SystemReader::Place(const std::string& path) const {
  return absl::StrCat(root_, "/", absl::StripPrefix(path, "/"));
}

bool SystemReader::Exists(const std::string& path) const {
  return access(Place(path).c_str(), F_OK) == 0;
}

std::vector<std::string> SystemReader::CgroupFolders(const std::string& controller,
                                                     bool* unified) const {
  std::vector<std::string> folders;
  const auto cgroup = FindCgroup(Text("proc/self/cgroup").value_or(""),
                                 Text("proc/self/mountinfo").value_or(""), controller);
  if (!cgroup) return folders;
  *unified = cgroup->unified;
  for (std::string folder = cgroup->folder; folder.size() >= cgroup->mount.size();) {
    folders.push_back(folder);
    const size_t slash = folder.rfind('/');
    if (slash == std::string::npos) break;
    folder.resize(slash);
  }
  return folders;
}

SystemReading SystemReader::Read() const {
  SystemReading reading;
  reading.cores = ParseCoreTimes(Text("proc/stat").value_or(""), NsPerTick());
  reading.links = ReadLinks();
  reading.tcp = ParseTcp(Text("proc/net/snmp").value_or(""));
  reading.throttling = ReadThrottling();
  reading.process = ParseProcessStatus(Text("proc/self/status").value_or(""));
  reading.clocksource =
      Trimmed(Text("sys/devices/system/clocksource/clocksource0/current_clocksource").value_or(""));
  return reading;
}

std::vector<Link> SystemReader::ReadLinks() const {
  std::vector<Link> links;
  for (LinkBytes& bytes : ParseLinks(Text("proc/net/dev").value_or(""))) {
    const std::string folder = absl::StrCat("sys/class/net/", bytes.name);
    Link link{.bytes = std::move(bytes)};
    link.loopback = link.bytes.name == "lo";
    link.device = Exists(folder + "/device");
    // −1 and an error both say that nobody knows.
    const auto megabits = ParseNumber(Text(folder + "/speed").value_or(""));
    link.bytes_per_second = megabits.value_or(0) * kBytesPerSecondOfMegabit;
    links.push_back(std::move(link));
  }
  return links;
}

// A quota anywhere above us holds us back as well.
std::optional<Throttling> SystemReader::ReadThrottling() const {
  std::optional<Throttling> sum;
  for (const std::string& folder : cpu_folders_) {
    const auto level = ParseCpuStat(Text(folder + "/cpu.stat").value_or(""));
    if (!level) continue;
    if (!sum) sum = Throttling{};
    sum->periods += level->periods;
    sum->throttled_ns += level->throttled_ns;
  }
  return sum;
}

}  // namespace weir
