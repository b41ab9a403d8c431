#include "backends/cosmos/emulator/sql/regex.h"

#include <re2/re2.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir::cosmos::emulator::sql {
namespace {

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

// Without the spaces and comments that modifier x ignores.
std::string Compact(std::string_view pattern) {
  std::string out;
  bool in_set = false;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out.append(pattern.substr(i++, 2));
      continue;
    }
    if (c == '[') in_set = true;
    if (c == ']') in_set = false;
    if (!in_set && c == '#') {
      while (i < pattern.size() && pattern[i] != '\n') ++i;
      continue;
    }
    if (!in_set && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out.push_back(c);
  }
  return out;
}

std::unique_ptr<re2::RE2> Compile(std::string_view pattern, std::string_view modifiers) {
  std::string text(pattern);
  std::string flags;
  for (const char c : modifiers) {
    if (c == 'x') {
      text = Compact(pattern);
    } else if (c == 'm' || c == 's' || c == 'i') {
      flags.push_back(c);
    } else {
      return nullptr;
    }
  }
  if (!flags.empty()) text = absl::StrCat("(?", flags, ")", text);
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_unique<re2::RE2>(Piece(text), options);
}

// One thread's last pattern: a query asks the same of item after item.
const re2::RE2* Compiled(std::string_view pattern, std::string_view modifiers) {
  struct Last {
    std::string pattern;
    std::string modifiers;
    std::unique_ptr<re2::RE2> regex;
  };
  thread_local Last last;
  if (last.regex == nullptr || last.pattern != pattern || last.modifiers != modifiers) {
    last = {std::string(pattern), std::string(modifiers), Compile(pattern, modifiers)};
  }
  return last.regex != nullptr && last.regex->ok() ? last.regex.get() : nullptr;
}

}  // namespace

Value MatchRegex(std::string_view text, std::string_view pattern, std::string_view modifiers) {
  const re2::RE2* regex = Compiled(pattern, modifiers);
  if (regex == nullptr) return {};
  return Value::Boolean(re2::RE2::PartialMatch(Piece(text), *regex));
}

std::string CheckRegex(std::string_view pattern, std::string_view modifiers) {
  const auto regex = Compile(pattern, modifiers);
  if (regex == nullptr) return "a regular expression's modifiers are m, s, i and x";
  if (regex->ok()) return "";
  return absl::StrCat("the regular expression is not understood: ", regex->error());
}

}  // namespace weir::cosmos::emulator::sql
