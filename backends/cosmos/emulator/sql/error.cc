#include "backends/cosmos/emulator/sql/error.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator::sql {
namespace {

constexpr char kPlace[] = "weir/place";  // payload: "code start end"

absl::Status WithPlace(absl::Status status, std::string_view code, Extent extent) {
  status.SetPayload(
      kPlace, absl::Cord(absl::StrCat(std::string(code), " ", extent.start, " ", extent.end)));
  return status;
}

// UTF-16 units before the byte.
size_t Utf16Offset(std::string_view text, size_t byte) {
  size_t units = 0;
  for (const char c : text.substr(0, std::min(byte, text.size()))) {
    const auto lead = static_cast<unsigned char>(c);
    if ((lead & 0xC0) != 0x80) units += lead >= 0xF0 ? 2 : 1;
  }
  return units;
}

}  // namespace

absl::Status SyntaxErrorNear(std::string_view query, Extent extent) {
  if (extent.start >= query.size()) {
    return QueryError("SC1001", "Syntax error, unexpected end of the query.", extent);
  }
  constexpr size_t kLongestShown = 64;
  const size_t shown = std::min(extent.end - extent.start, kLongestShown);
  return QueryError("SC1001",
                    absl::StrCat("Syntax error, incorrect syntax near '",
                                 std::string(query.substr(extent.start, shown)), "'."),
                    extent);
}

absl::Status QueryError(std::string_view code, std::string_view message, Extent extent) {
  return WithPlace(absl::InvalidArgumentError(absl::string_view(message.data(), message.size())),
                   code, extent);
}

absl::Status NotSupported(std::string_view what, Extent extent) {
  return WithPlace(absl::UnimplementedError(absl::StrCat(
                       "this emulator does not support ", std::string(what),
                       "; the service does: write the query without it, or test it there")),
                   "SC2000", extent);
}

absl::Status FinishError(const absl::Status& status, std::string_view query) {
  const auto place = status.GetPayload(kPlace);
  if (!place) return status;
  const std::vector<std::string> parts = absl::StrSplit(std::string(*place), ' ');
  size_t start = 0;
  size_t end = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[1], &start) ||
      !absl::SimpleAtoi(parts[2], &end)) {
    return status;
  }
  const std::string_view message(status.message().data(), status.message().size());
  return absl::Status(
      status.code(),
      absl::StrCat(R"({"errors":[{"severity":"Error","location":{"start":)",
                   Utf16Offset(query, start), R"(,"end":)", Utf16Offset(query, end),
                   R"(},"code":")", parts[0], R"(","message":)", JsonString(message), "}]}"));
}

}  // namespace weir::cosmos::emulator::sql
