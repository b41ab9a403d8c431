// One change of a text or of bytes, drawn from a seed: what the tests with damaged inputs begin
// from.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.h"

namespace weir {

// One of: a bit turned over, a byte put in, a few bytes taken out, a part of one of the pieces put
// in or in the place of what is there, a part of the text itself put in once more.
inline void Damage(const std::vector<std::string>& pieces, DrawStream* draws, std::string* text) {
  const auto below = [draws](size_t bound) { return static_cast<size_t>(draws->Below(bound)); };
  const size_t at = below(text->size() + 1);
  const size_t length = std::min(below(16), text->size() - at);
  switch (draws->Below(6)) {
    case 0:
      if (at < text->size()) (*text)[at] = static_cast<char>((*text)[at] ^ (1 << below(8)));
      return;
    case 1:
      text->insert(at, 1, static_cast<char>(below(256)));
      return;
    case 2:
      text->erase(at, length);
      return;
    case 3:
      text->insert(below(text->size() + 1), text->substr(at, length * 8));
      return;
    default: {
      const std::string& piece = pieces[below(pieces.size())];
      const size_t from = piece.size() <= 64 ? 0 : below(piece.size());
      text->replace(at, draws->Below(2) == 0 ? 0 : length, piece.substr(from, 64));
      return;
    }
  }
}

}  // namespace weir
