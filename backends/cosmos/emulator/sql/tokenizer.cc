#include <charconv>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/sql/token.h"
#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

bool IsWordStart(char c) {
  return absl::ascii_isalpha(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordPart(char c) { return IsWordStart(c) || IsDigit(c); }

void AppendUtf8(uint32_t point, std::string* out) {
  if (point < 0x80) {
    out->push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (point >> 6)));
    out->push_back(static_cast<char>(0x80 | (point & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xE0 | (point >> 12)));
    out->push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (point & 0x3F)));
  }
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view query) : query_(query) {}

  absl::StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    do {
      WEIR_RETURN_IF_ERROR(SkipSpace());
      Token token;
      token.position = at_;
      WEIR_RETURN_IF_ERROR(Next(&token));
      tokens.push_back(std::move(token));
    } while (tokens.back().kind != Token::Kind::kEnd);
    return tokens;
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
  }

  absl::Status SkipSpace() {
    while (at_ < query_.size()) {
      if (absl::ascii_isspace(static_cast<unsigned char>(query_[at_]))) {
        ++at_;
      } else if (Peek() == '-' && Peek(1) == '-') {
        while (at_ < query_.size() && query_[at_] != '\n') ++at_;
      } else {
        break;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Next(Token* token) {
    const char c = Peek();
    if (at_ >= query_.size()) return absl::OkStatus();
    if (IsWordStart(c)) return Word(Token::Kind::kWord, token);
    if (c == '@') return Word(Token::Kind::kParameter, token);
    if (c == '"' || c == '\'') return String(token);
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number(token);
    return Symbol(token);
  }

  absl::Status Word(Token::Kind kind, Token* token) {
    const size_t start = at_++;
    while (IsWordPart(Peek())) ++at_;
    token->kind = kind;
    token->text = query_.substr(start, at_ - start);
    return absl::OkStatus();
  }

  absl::Status Number(Token* token) {
    const char* end = query_.data() + query_.size();
    const auto [stop, error] = std::from_chars(query_.data() + at_, end, token->number);
    if (error != std::errc()) return SyntaxError("a number is malformed", at_);
    token->kind = Token::Kind::kNumber;
    token->text = std::string(query_.data() + at_, stop);
    at_ = static_cast<size_t>(stop - query_.data());
    if (IsWordStart(Peek())) return SyntaxError("a number runs into a word", token->position);
    return absl::OkStatus();
  }

  absl::Status String(Token* token) {
    const char quote = query_[at_++];
    token->kind = Token::Kind::kString;
    while (at_ < query_.size()) {
      const char c = query_[at_++];
      if (c == quote) return absl::OkStatus();
      if (c != '\\') {
        token->text.push_back(c);
      } else {
        WEIR_RETURN_IF_ERROR(Escape(&token->text));
      }
    }
    return SyntaxError("a string does not end", token->position);
  }

  absl::Status Escape(std::string* out) {
    const char c = Peek();
    ++at_;
    switch (c) {
      case 'n':
        out->push_back('\n');
        return absl::OkStatus();
      case 't':
        out->push_back('\t');
        return absl::OkStatus();
      case 'r':
        out->push_back('\r');
        return absl::OkStatus();
      case 'b':
        out->push_back('\b');
        return absl::OkStatus();
      case 'f':
        out->push_back('\f');
        return absl::OkStatus();
      case '\\':
      case '/':
      case '"':
      case '\'':
        out->push_back(c);
        return absl::OkStatus();
      case 'u':
        return UnicodeEscape(out);
      default:
        return SyntaxError("an escape in a string is unknown", at_ - 2);
    }
  }

  absl::Status UnicodeEscape(std::string* out) {
    uint32_t point = 0;
    const std::string_view digits = query_.substr(at_, 4);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), point, 16);
    if (error != std::errc() || stop != digits.data() + 4) {
      return SyntaxError("\\u needs four hexadecimal digits", at_ - 2);
    }
    at_ += 4;
    AppendUtf8(point, out);
    return absl::OkStatus();
  }

  absl::Status Symbol(Token* token) {
    constexpr std::string_view kTwo[] = {"<=", ">=", "<>", "!=", "||", "??", "<<", ">>"};
    constexpr std::string_view kOne = "=<>+-*/%(),.[]{}:?&|^~";
    token->kind = Token::Kind::kSymbol;
    for (const std::string_view symbol : kTwo) {
      if (query_.substr(at_, 2) != symbol) continue;
      token->text = symbol;
      at_ += 2;
      return absl::OkStatus();
    }
    if (kOne.find(query_[at_]) == std::string_view::npos) {
      return SyntaxError(absl::StrCat("unexpected character '", std::string(1, query_[at_]), "'"),
                         at_);
    }
    token->text = std::string(1, query_[at_++]);
    return absl::OkStatus();
  }

  const std::string_view query_;
  size_t at_ = 0;
};

}  // namespace

bool Token::Is(std::string_view lower) const {
  if (kind != Kind::kWord && kind != Kind::kSymbol) return false;
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::ascii_tolower(static_cast<unsigned char>(text[i])) != lower[i]) return false;
  }
  return true;
}

absl::StatusOr<std::vector<Token>> Tokenize(std::string_view query) {
  return Tokenizer(query).Run();
}

absl::Status SyntaxError(std::string_view what, size_t position) {
  return absl::InvalidArgumentError(
      absl::StrCat("Syntax error, ", std::string(what), ", at position ", position));
}

}  // namespace weir::cosmos::emulator::sql
