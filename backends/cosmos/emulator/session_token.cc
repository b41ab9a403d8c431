#include "backends/cosmos/emulator/session_token.h"

#include <algorithm>
#include <charconv>

#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos::emulator {
namespace {

bool ReadNumber(std::string_view text, uint64_t* number) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), *number);
  return result.ec == std::errc() && result.ptr != text.data();
}

}  // namespace

bool IsAhead(std::string_view token, const Partition& partition) {
  while (!token.empty()) {
    const size_t comma = token.find(',');
    const std::string_view part = token.substr(0, comma);
    token = comma == std::string_view::npos ? std::string_view() : token.substr(comma + 1);
    const size_t colon = part.find(':');
    const size_t hash = part.find('#');
    if (colon == std::string_view::npos || hash == std::string_view::npos) continue;
    uint64_t id = 0;
    uint64_t lsn = 0;
    if (!ReadNumber(part.substr(0, colon), &id) || !ReadNumber(part.substr(hash + 1), &lsn)) {
      continue;
    }
    const auto& parents = partition.parents();
    const bool is_meant =
        id == partition.id() || std::find(parents.begin(), parents.end(), id) != parents.end();
    if (is_meant && lsn > partition.lsn()) return true;
  }
  return false;
}

std::string_view SessionTokenOf(const HttpRequest& request) {
  const std::string_view token = request.Header(header::kSessionToken);
  if (token.empty()) return {};
  const std::string_view level = request.Header(header::kConsistencyLevel);
  return level.empty() || level == "Session" ? token : std::string_view();
}

}  // namespace weir::cosmos::emulator
