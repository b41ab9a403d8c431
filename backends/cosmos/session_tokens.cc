#include "backends/cosmos/session_tokens.h"

#include <algorithm>

namespace weir::cosmos {

void SessionTokens::Take(std::string_view tokens) {
  while (!tokens.empty()) {
    const size_t comma = std::min(tokens.find(','), tokens.size());
    TakeOne(tokens.substr(0, comma));
    tokens.remove_prefix(std::min(comma + 1, tokens.size()));
  }
}

void SessionTokens::TakeOne(std::string_view token) {
  const size_t colon = token.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view range = token.substr(0, colon);
  for (Latest& latest : latest_) {
    if (latest.range != range) continue;
    latest.token = token;
    return;
  }
  latest_.push_back({std::string(range), std::string(token)});
}

void SessionTokens::AppendTo(std::string* out) const {
  for (size_t i = 0; i < latest_.size(); ++i) {
    if (i > 0) out->push_back(',');
    out->append(latest_[i].token);
  }
}

}  // namespace weir::cosmos
