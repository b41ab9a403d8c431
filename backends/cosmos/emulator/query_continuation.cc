#include "backends/cosmos/emulator/query_continuation.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weir::cosmos::emulator {
namespace {

constexpr std::string_view kHead = "weir3:";

}  // namespace

std::string QueryContinuation::Text() const {
  std::string text(kHead);
  const char* separator = "";
  for (const Piece& piece : pieces_) {
    absl::StrAppend(&text, separator, piece.range.low.ToHex(), ":", piece.range.high.ToHex(), ":",
                    piece.position.after, ":", piece.position.tuples, ":", piece.position.rows, ":",
                    absl::WebSafeBase64Escape(piece.position.sort_keys));
    separator = ",";
  }
  return text;
}

std::optional<QueryContinuation> QueryContinuation::Parse(std::string_view text) {
  if (!text.starts_with(kHead)) return std::nullopt;
  text.remove_prefix(kHead.size());
  QueryContinuation continuation;
  for (const auto& part : absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    const std::vector<std::string> fields = absl::StrSplit(part, ':');
    if (fields.size() != 6) return std::nullopt;
    const auto low = EffectivePartitionKey::FromHex(fields[0]);
    const auto high = EffectivePartitionKey::FromHex(fields[1]);
    Piece piece;
    if (!low || !high || *high < *low || !absl::SimpleAtoi(fields[2], &piece.position.after) ||
        !absl::SimpleAtoi(fields[3], &piece.position.tuples) || piece.position.tuples < 0 ||
        !absl::SimpleAtoi(fields[4], &piece.position.rows) || piece.position.rows < 0 ||
        !absl::WebSafeBase64Unescape(fields[5], &piece.position.sort_keys)) {
      return std::nullopt;
    }
    piece.range = {*low, *high};
    continuation.pieces_.push_back(piece);
  }
  return continuation;
}

void QueryContinuation::Clip(const KeyRange& range) {
  for (Piece& piece : pieces_) {
    // Rows of the whole piece cannot be told from rows of a part: CutAt finds that out.
    if (piece.position.rows > 0) continue;
    piece.range.low = std::max(piece.range.low, range.low);
    piece.range.high = std::min(piece.range.high, range.high);
  }
  std::erase_if(pieces_, [&](const Piece& piece) {
    return piece.range.high <= piece.range.low || piece.range.high <= range.low ||
           range.high <= piece.range.low;
  });
}

bool QueryContinuation::CutAt(const KeyRange& partition) {
  Piece& first = pieces_.front();
  const bool is_within = partition.low <= first.range.low && first.range.high <= partition.high;
  if (is_within) return true;
  if (first.position.rows > 0) return false;
  if (partition.high < first.range.high) {
    Piece rest = first;
    rest.range.low = partition.high;
    first.range.high = partition.high;
    pieces_.insert(pieces_.begin() + 1, rest);
  }
  return true;
}

}  // namespace weir::cosmos::emulator
