#include "tests/cluster/switch_commands.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/status.h"

namespace weir::cluster {
namespace {

using Names = std::vector<std::string>;

// "*" stands for all ports.
absl::StatusOr<std::vector<int>> Ports(std::string_view word, const Names& names) {
  std::vector<int> ports;
  for (size_t port = 0; port < names.size(); ++port) {
    if (word == "*" || word == names[port]) ports.push_back(static_cast<int>(port));
  }
  if (ports.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("there is no node ", std::string(word)));
  }
  return ports;
}

absl::Status Apply(std::string_view setting, LinkConditions* conditions) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(absl::string_view(setting.data(), setting.size()), absl::MaxSplits('=', 1));
  constexpr uint64_t kLongestUs = 3'600'000'000;
  uint64_t value = 0;
  const auto takes = [&](std::string_view key, uint64_t most) {
    return parts.first == key && absl::SimpleAtoi(parts.second, &value) && value <= most;
  };
  if (takes("delay_us", kLongestUs)) {
    conditions->delay_ns = static_cast<int64_t>(value) * 1000;
  } else if (takes("jitter_us", kLongestUs)) {
    conditions->jitter_ns = static_cast<int64_t>(value) * 1000;
  } else if (takes("loss_ppm", 1'000'000)) {
    conditions->loss_ppm = static_cast<uint32_t>(value);
  } else if (takes("bits_per_second", std::numeric_limits<uint64_t>::max())) {
    conditions->bits_per_second = value;
  } else if (takes("cut", 1)) {
    conditions->cut = value == 1;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("cannot set ", std::string(setting)));
  }
  return absl::OkStatus();
}

// set FROM TO KEY=VALUE…
absl::StatusOr<std::string> SetLinks(const std::vector<std::string>& words, const Names& names,
                                     Fabric& fabric) {
  if (words.size() < 4) return absl::InvalidArgumentError("set FROM TO KEY=VALUE…");
  WEIR_ASSIGN_OR_RETURN(const std::vector<int> sources, Ports(words[1], names));
  WEIR_ASSIGN_OR_RETURN(const std::vector<int> targets, Ports(words[2], names));
  LinkConditions proof;
  for (size_t i = 3; i < words.size(); ++i) WEIR_RETURN_IF_ERROR(Apply(words[i], &proof));
  for (const int from : sources) {
    for (const int to : targets) {
      LinkConditions conditions = fabric.conditions(from, to);
      for (size_t i = 3; i < words.size(); ++i) WEIR_RETURN_IF_ERROR(Apply(words[i], &conditions));
      fabric.Set(from, to, conditions);
    }
  }
  return "ok";
}

// count FROM TO
absl::StatusOr<std::string> CountLinks(const std::vector<std::string>& words, const Names& names,
                                       const Fabric& fabric) {
  if (words.size() != 3) return absl::InvalidArgumentError("count FROM TO");
  WEIR_ASSIGN_OR_RETURN(const std::vector<int> sources, Ports(words[1], names));
  WEIR_ASSIGN_OR_RETURN(const std::vector<int> targets, Ports(words[2], names));
  LinkCount sum;
  for (const int from : sources) {
    for (const int to : targets) {
      const LinkCount& count = fabric.count(from, to);
      sum.frames += count.frames;
      sum.bytes += count.bytes;
      sum.dropped += count.dropped;
      sum.payloads += count.payloads;
      sum.last_payload_ns = std::max(sum.last_payload_ns, count.last_payload_ns);
    }
  }
  return absl::StrCat("ok frames=", sum.frames, " bytes=", sum.bytes, " dropped=", sum.dropped,
                      " payloads=", sum.payloads, " last_payload_ns=", sum.last_payload_ns);
}

absl::StatusOr<std::string> Answer(std::string_view line, const Names& names, Fabric& fabric) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::string_view(line.data(), line.size()), ' ', absl::SkipEmpty());
  if (words.empty()) return absl::InvalidArgumentError("an empty line");
  if (words[0] == "set") return SetLinks(words, names, fabric);
  if (words[0] == "count") return CountLinks(words, names, fabric);
  if (words[0] != "clear" || words.size() > 1) {
    return absl::InvalidArgumentError(absl::StrCat("unknown command ", words[0]));
  }
  for (int from = 0; from < fabric.ports(); ++from) {
    for (int to = 0; to < fabric.ports(); ++to) fabric.Set(from, to, {});
  }
  return "ok";
}

}  // namespace

std::string CarryOut(std::string_view line, const Names& names, Fabric& fabric) {
  const absl::StatusOr<std::string> answer = Answer(line, names, fabric);
  return answer.ok() ? *answer : absl::StrCat("error: ", answer.status().message());
}

}  // namespace weir::cluster
