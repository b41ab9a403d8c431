#include "backends/postgres/local_server.h"

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weir {
namespace {

// Its beginning, which is enough; empty when the process is gone. Not a stream: those throw where
// reading fails.
std::string Read(int64_t process, const char* file) {
  const int opened = open(absl::StrCat("/proc/", process, "/", file).c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return "";
  char text[4096];
  const ssize_t length = read(opened, text, sizeof(text));
  close(opened);
  return length > 0 ? std::string(text, static_cast<size_t>(length)) : "";
}

}  // namespace

bool IsThisMachine(const std::string& host) {
  return absl::StartsWith(host, "/") || host == "localhost" || host == "::1" ||
         absl::StartsWith(host, "127.");
}

int64_t PostmasterOf(int64_t backend_process) {
  // A backend's title is "postgres: user database …".
  if (!absl::StartsWith(Read(backend_process, "cmdline"), "postgres:")) return 0;
  const std::string stat = Read(backend_process, "stat");
  const size_t name_end = stat.rfind(") ");
  if (name_end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(name_end + 2));
  char state = 0;
  int64_t parent = 0;
  if (!(rest >> state >> parent)) return 0;
  return absl::StartsWith(Read(parent, "comm"), "postgres") ? parent : 0;
}

}  // namespace weir
