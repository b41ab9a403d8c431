#include <algorithm>
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
  } else if (point >= 0x10000) {
    out->push_back(static_cast<char>(0xF0 | (point >> 18)));
    out->push_back(static_cast<char>(0x80 | ((point >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((point >> 6) & 0x3F)));
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
      SkipSpace();
      Token token;
      token.position = at_;
      WEIR_RETURN_IF_ERROR(Next(&token));
      token.end = at_;
      tokens.push_back(std::move(token));
    } while (tokens.back().kind != Token::Kind::kEnd);
    return tokens;
  }

 private:
  char Peek(size_t ahead = 0) const {
    return at_ + ahead < query_.size() ? query_[at_ + ahead] : '\0';
  }

  void SkipSpace() {
    while (at_ < query_.size()) {
      if (absl::ascii_isspace(static_cast<unsigned char>(query_[at_]))) {
        ++at_;
      } else if (Peek() == '-' && Peek(1) == '-') {
        while (at_ < query_.size() && query_[at_] != '\n') ++at_;
      } else {
        break;
      }
    }
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
    const size_t start = at_;
    const char* first = query_.data() + at_;
    const char* end = query_.data() + query_.size();
    token->kind = Token::Kind::kNumber;
    const bool is_hex = *first == '0' && (Peek(1) == 'x' || Peek(1) == 'X');
    std::from_chars_result read{first, std::errc::invalid_argument};
    if (is_hex) {
      uint64_t whole = 0;
      read = std::from_chars(first + 2, end, whole, 16);
      token->number = static_cast<double>(whole);
    } else {
      read = std::from_chars(first, end, token->number);
    }
    at_ = std::max(static_cast<size_t>(read.ptr - query_.data()), start + 1);
    const bool runs_on = IsWordPart(Peek());
    while (IsWordPart(Peek())) ++at_;
    token->text = query_.substr(start, at_ - start);
    if (read.ec == std::errc() && !runs_on) return absl::OkStatus();
    return QueryError(
        "SC1011", absl::StrCat("Syntax error, invalid numeric value token '", token->text, "'."),
        {start, at_});
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
    return QueryError("SC1012", "Syntax error, invalid string literal token: it does not end.",
                      {token->position, at_});
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
        return BadEscape();
    }
  }

  absl::Status BadEscape() const {
    const size_t end = std::min(at_, query_.size());
    return QueryError("SC1012", "Syntax error, invalid string literal token: unknown escape.",
                      {at_ - 2, end});
  }

  // The four digits of \uXXXX; false when there are none.
  bool FourDigits(uint32_t* unit) {
    const std::string_view digits = query_.substr(std::min(at_, query_.size()), 4);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), *unit, 16);
    if (error != std::errc() || stop != digits.data() + 4) return false;
    at_ += 4;
    return true;
  }

  // A character beyond U+FFFF is written as two: a high and a low surrogate.
  absl::Status UnicodeEscape(std::string* out) {
    uint32_t point = 0;
    if (!FourDigits(&point)) return BadEscape();
    const bool is_high = point >= 0xD800 && point < 0xDC00;
    if (is_high && Peek() == '\\' && Peek(1) == 'u') {
      at_ += 2;
      uint32_t low = 0;
      if (!FourDigits(&low)) return BadEscape();
      if (low >= 0xDC00 && low < 0xE000) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
      } else {
        AppendUtf8(0xFFFD, out);
        point = low;
      }
    }
    if (point >= 0xD800 && point < 0xE000) point = 0xFFFD;  // half of a character
    AppendUtf8(point, out);
    return absl::OkStatus();
  }

  absl::Status Symbol(Token* token) {
    constexpr std::string_view kLong[] = {">>>", "<=", ">=", "<>", "!=", "||", "??", "<<", ">>"};
    constexpr std::string_view kOne = "=<>+-*/%(),.[]{}:?&|^~";
    token->kind = Token::Kind::kSymbol;
    for (const std::string_view symbol : kLong) {
      if (query_.substr(at_, symbol.size()) != symbol) continue;
      token->text = symbol;
      at_ += symbol.size();
      return absl::OkStatus();
    }
    if (kOne.find(query_[at_]) == std::string_view::npos) {
      return SyntaxErrorNear(query_, {at_, at_ + 1});
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

// The words of the documented grammar that cannot name anything.
bool Token::IsReserved() const {
  constexpr std::string_view kReserved[] = {
      "and",  "as",    "asc",    "between", "by",   "desc",      "distinct", "exists", "false",
      "from", "group", "in",     "join",    "like", "limit",     "not",      "null",   "offset",
      "or",   "order", "select", "top",     "true", "undefined", "value",    "where"};
  if (kind != Kind::kWord) return false;
  for (const std::string_view word : kReserved) {
    if (Is(word)) return true;
  }
  return false;
}

absl::StatusOr<std::vector<Token>> Tokenize(std::string_view query) {
  return Tokenizer(query).Run();
}

}  // namespace weir::cosmos::emulator::sql
