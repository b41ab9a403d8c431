// Whatever a browser sends: without the token nobody comes in, nor under the name of another host,
// and whoever comes in can only read. Lines of the input are the parts of the request.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/check.h"
#include "coordinator/live/dashboard_door.h"
#include "tests/fuzz/fuzz_target.h"

namespace weir {
namespace {

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

std::string_view TakeLine(std::string_view* input) {
  const std::string_view line = input->substr(0, input->find('\n'));
  input->remove_prefix(std::min(input->size(), line.size() + 1));
  return line;
}

void Judge(const DashboardRequest& request, bool loopback) {
  const DashboardDoor door(kToken, "weir_80", "run.example", "machine", loopback);
  const DashboardDoor::Answer answer = door.Judge(request);
  WEIR_CHECK(answer.text != nullptr);
  if (answer.status != 200) return;
  const auto shows = [](std::string_view text) { return text.find(kToken) != text.npos; };
  WEIR_CHECK(shows(request.token) || shows(request.authorization) || shows(request.cookie));
  WEIR_CHECK(request.method == "GET" || request.method == "HEAD");
  WEIR_CHECK(!loopback || IsLoopbackName(HostWithoutPort(request.host)));
}

}  // namespace

std::vector<std::string> FuzzSeeds() {
  const std::string token = kToken;
  return {"GET\n/\n127.0.0.1:80\n\n\n" + token,
          "HEAD\n/report\nlocalhost\nBearer " + token + "\n\n",
          "GET\n/events\n[::1]:80\n\na=b; weir_80=" + token + "; c=d\n",
          "GET\n/metrics\nrun.example:80\nBearer " + token + "\n\n"};
}

}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::array<std::string_view, 6> parts;
  for (std::string_view& part : parts) part = weir::TakeLine(&input);
  for (const bool loopback : {true, false}) {
    weir::Judge({.method = parts[0],
                 .path = parts[1],
                 .host = parts[2],
                 .authorization = parts[3],
                 .cookie = parts[4],
                 .token = parts[5]},
                loopback);
  }
  return 0;
}
