#include "tests/cluster/tap_node.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir::cluster {
namespace {

constexpr char kOwnNamespace[] = "/proc/thread-self/ns/net";
constexpr char kInterface[] = "eth0";

absl::Status Failed(const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::StatusOr<int> OpenTap() {
  const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return Failed("/dev/net/tun");
  ifreq request{};
  strncpy(request.ifr_name, kInterface, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (ioctl(fd, TUNSETIFF, &request) == 0) return fd;
  const absl::Status failed = Failed("making a TAP device");
  close(fd);
  return failed;
}

absl::Status Ask(int socket, const char* interface, unsigned long what, ifreq request) {
  strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  if (ioctl(socket, what, &request) == 0) return absl::OkStatus();
  return Failed(absl::StrCat("configuring ", interface));
}

ifreq AddressRequest(const std::string& address) {
  ifreq request{};
  sockaddr_in in{};
  in.sin_family = AF_INET;
  inet_pton(AF_INET, address.c_str(), &in.sin_addr);
  memcpy(&request.ifr_addr, &in, sizeof(in));
  return request;
}

absl::Status Configure(const std::string& address, int number) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return Failed("a socket in the new namespace");
  const absl::Cleanup closed = [socket] { close(socket); };
  ifreq hardware{};
  hardware.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  const uint8_t bytes[] = {2, 0, 10, 77, 0, static_cast<uint8_t>(number)};  // a local address
  memcpy(hardware.ifr_hwaddr.sa_data, bytes, sizeof(bytes));
  ifreq up{};
  up.ifr_flags = IFF_UP | IFF_RUNNING;
  WEIR_RETURN_IF_ERROR(Ask(socket, "lo", SIOCSIFFLAGS, up));
  WEIR_RETURN_IF_ERROR(Ask(socket, kInterface, SIOCSIFHWADDR, hardware));
  WEIR_RETURN_IF_ERROR(Ask(socket, kInterface, SIOCSIFADDR, AddressRequest(address)));
  WEIR_RETURN_IF_ERROR(Ask(socket, kInterface, SIOCSIFNETMASK, AddressRequest("255.255.255.0")));
  return Ask(socket, kInterface, SIOCSIFFLAGS, up);
}

// In the new namespace, which the calling thread has entered.
absl::Status Furnish(int number, TapNode* node) {
  node->namespace_fd = open(kOwnNamespace, O_RDONLY | O_CLOEXEC);
  if (node->namespace_fd < 0) return Failed("opening the new namespace");
  WEIR_ASSIGN_OR_RETURN(node->tap_fd, OpenTap());
  return Configure(node->address, number);
}

}  // namespace

absl::StatusOr<TapNode> MakeTapNode(const std::string& name, int number) {
  TapNode node{.name = name, .address = absl::StrCat("10.77.0.", number)};
  const int home = open(kOwnNamespace, O_RDONLY | O_CLOEXEC);
  if (home < 0) return Failed("opening our own network namespace");
  const absl::Cleanup closed = [home] { close(home); };
  if (unshare(CLONE_NEWNET) != 0) return Failed("making a network namespace");
  const absl::Status furnished = Furnish(number, &node);
  if (setns(home, CLONE_NEWNET) != 0) return Failed("going back to our own network namespace");
  WEIR_RETURN_IF_ERROR(furnished);
  return node;
}

}  // namespace weir::cluster
