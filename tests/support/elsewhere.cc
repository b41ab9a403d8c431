#include "tests/support/elsewhere.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

constexpr char kAddress[] = "10.77.1.1";

bool Write(const char* path, const std::string& text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  const bool written =
      file >= 0 && write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(file);
  return written;
}

// Who is not root needs a user namespace for it, and stays who they are.
bool LeaveTheNetwork() {
  if (unshare(CLONE_NEWNET) == 0) return true;
  const uid_t user = geteuid();
  const gid_t group = getegid();
  return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && Write("/proc/self/setgroups", "deny") &&
         Write("/proc/self/uid_map", absl::StrCat(user, " ", user, " 1")) &&
         Write("/proc/self/gid_map", absl::StrCat(group, " ", group, " 1"));
}

bool Ask(unsigned long what, ifreq* request) {  // NOLINT(google-runtime-int): ioctl's own
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool done = any >= 0 && ioctl(any, what, request) == 0;
  close(any);
  return done;
}

bool BringUpLoopback() {
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  return Ask(SIOCSIFFLAGS, &request);
}

bool AddAddress() {
  ifreq request{};
  std::strcpy(request.ifr_name, "lo:1");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, kAddress, &address.sin_addr);
  std::memcpy(&request.ifr_addr, &address, sizeof(address));
  return Ask(SIOCSIFADDR, &request);
}

}  // namespace

std::string MoveToANetworkWithAnAddressElsewhere() {
  return LeaveTheNetwork() && BringUpLoopback() && AddAddress() ? kAddress : "";
}

}  // namespace weir
