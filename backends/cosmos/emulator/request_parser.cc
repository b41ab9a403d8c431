#include "backends/cosmos/emulator/request_parser.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"

#include "backends/cosmos/wire/http_text.h"

namespace weir::cosmos::emulator {
namespace {

constexpr uint64_t kMostReserved = 1 << 20;  // on a client's word alone
constexpr size_t kMostKeptBytes = 4 << 10;

constexpr char kNoHttp[] =
    "this is no request of HTTP/1.1: does the client speak https to a port of http?";

const char* Find(std::string_view text, size_t from, char c) {
  return static_cast<const char*>(std::memchr(text.data() + from, c, text.size() - from));
}

// Behind the blank line that ends a head; 0 when it has not come. Nothing before *from is the
// beginning of that end; afterwards *from is where to look when more has come.
size_t HeadEnd(std::string_view text, size_t* from) {
  for (size_t at = *from; at < text.size();) {
    const char* newline = Find(text, at, '\n');
    if (newline == nullptr) {
      *from = text.size();
      return 0;
    }
    const auto line_end = static_cast<size_t>(newline - text.data());
    at = line_end + 1;
    size_t next = at;
    if (next < text.size() && text[next] == '\r') ++next;
    if (next == text.size()) {
      *from = line_end;
      return 0;
    }
    if (text[next] == '\n') return next + 1;
  }
  *from = text.size();
  return 0;
}

std::string_view TakeLine(std::string_view* text) {
  const char* newline = Find(*text, 0, '\n');
  const auto count = static_cast<size_t>(newline - text->data());
  std::string_view line = text->substr(0, count);
  text->remove_prefix(count + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void SkipEmptyLines(std::string_view* bytes) {
  while (!bytes->empty() && (bytes->front() == '\r' || bytes->front() == '\n')) {
    bytes->remove_prefix(1);
  }
}

}  // namespace

void RequestParser::Start() {
  phase_ = Phase::kHead;
  head_.clear();
  head_read_ = 0;
  frame_line_.clear();
  frame_bytes_ = 0;
  keeps_connection_ = true;
  is_http_1_0_ = is_chunked_ = has_length_ = wants_continue_ = is_too_large_ = false;
  left_ = body_bytes_ = 0;
  bad_status_ = 0;
  problem_ = "";
}

void RequestParser::ReleaseMemory() {
  if (head_.capacity() > kMostKeptBytes) head_ = {};
  if (frame_line_.capacity() > kMostKeptBytes) frame_line_ = {};
}

bool RequestParser::Fail(int status, const char* problem) {
  phase_ = Phase::kBad;
  bad_status_ = status;
  problem_ = problem;
  return false;
}

bool RequestParser::TakeContinue() {
  const bool wants = wants_continue_ && phase_ != Phase::kDone && phase_ != Phase::kBad;
  wants_continue_ = false;
  return wants;
}

RequestParser::State RequestParser::Take(std::string_view* bytes, HttpRequest* request) {
  if (phase_ == Phase::kHead) TakeHead(bytes, request);
  while (phase_ != Phase::kDone && phase_ != Phase::kBad && !bytes->empty()) {
    if (phase_ == Phase::kBody) {
      TakeBody(bytes, Phase::kDone, request);
    } else if (phase_ == Phase::kChunk) {
      TakeBody(bytes, Phase::kChunkEnd, request);
    } else {
      TakeFrameLine(bytes);
    }
  }
  if (phase_ == Phase::kBad) return State::kBad;
  if (phase_ != Phase::kDone) {
    if (phase_ != Phase::kHead && head_.empty()) PinHead(request);
    return State::kReading;
  }
  request->body.reserve(request->body.size() + HttpRequest::kBodyPadding);
  return State::kDone;
}

// ---------------------------------------------------------------------------------------- head

void RequestParser::TakeHead(std::string_view* bytes, HttpRequest* request) {
  if (head_.empty()) SkipEmptyLines(bytes);
  if (bytes->empty()) return;
  if (!head_.empty()) return TakeSplitHead(bytes, request);
  if (!absl::ascii_isalpha(static_cast<unsigned char>(bytes->front()))) {
    Fail(400, kNoHttp);  // a greeting of TLS has no end that could be waited for
    return;
  }
  size_t from = 0;
  const size_t end = HeadEnd(*bytes, &from);
  if (end == 0 || end > kMostHeadBytes) return TakeSplitHead(bytes, request);
  const std::string_view head = bytes->substr(0, end);
  bytes->remove_prefix(end);
  ReadHead(head, request);
}

void RequestParser::TakeSplitHead(std::string_view* bytes, HttpRequest* request) {
  const size_t before = head_.size();
  head_.append(bytes->substr(0, kMostHeadBytes + 1 - before));
  const size_t end = HeadEnd(head_, &head_read_);
  if (end == 0 || end > kMostHeadBytes) {
    bytes->remove_prefix(head_.size() - before);
    if (head_.size() <= kMostHeadBytes) return;
    const bool is_line = Find(head_, 0, '\n') == nullptr;
    Fail(is_line ? 414 : 431, is_line ? "the request line is longer than 64 KB"
                                      : "request line and headers are longer than 64 KB");
    return;
  }
  bytes->remove_prefix(end - before);
  head_.resize(end);
  ReadHead(head_, request);
}

void RequestParser::ReadHead(std::string_view head, HttpRequest* request) {
  request->headers.clear();
  request->body.clear();
  if (Find(head, 0, '\0') != nullptr) {
    Fail(400, "the head of the request holds a NUL");
    return;
  }
  if (!ReadRequestLine(TakeLine(&head), request)) return;
  for (std::string_view line = TakeLine(&head); !line.empty(); line = TakeLine(&head)) {
    if (!ReadHeader(line, request)) return;
  }
  OnHeadEnd(request);
}

bool RequestParser::ReadRequestLine(std::string_view line, HttpRequest* request) {
  const size_t method_end = line.find(' ');
  const size_t version_at = line.rfind(' ') + 1;
  if (method_end == std::string_view::npos || method_end == 0 || version_at == method_end + 1 ||
      !line.substr(version_at).starts_with("HTTP/")) {
    return Fail(400, kNoHttp);
  }
  const std::string_view version = line.substr(version_at);
  if (version.size() != 8 || !version.starts_with("HTTP/1.")) {
    return Fail(505, "this server speaks HTTP/1.1");
  }
  is_http_1_0_ = version.back() == '0';
  keeps_connection_ = !is_http_1_0_;
  request->method = line.substr(0, method_end);
  std::string_view target = line.substr(method_end + 1, version_at - method_end - 2);
  if (target.empty() || target.find(' ') != std::string_view::npos) {
    return Fail(400, "the request line is not: method, target, HTTP/1.1");
  }
  if (const size_t host = target.find("://"); target[0] != '/' && host != std::string_view::npos) {
    const size_t path = target.find('/', host + 3);  // as a proxy is asked
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  request->path = target.substr(0, target.find('?'));
  return true;
}

bool RequestParser::ReadHeader(std::string_view line, HttpRequest* request) {
  const char* colon = Find(line, 0, ':');
  if (colon == nullptr) return Fail(400, "a header of the request has no colon");
  const auto name_size = static_cast<size_t>(colon - line.data());
  // A line that goes on from the one before, or a name that another reader takes for another.
  if (name_size == 0 || IsBlank(line[0]) || IsBlank(line[name_size - 1])) {
    return Fail(400, "a header of the request has no name, or blanks around it");
  }
  if (request->headers.size() == kMostHeaders) {
    return Fail(431, "the request has more than 256 headers");
  }
  const std::string_view name = line.substr(0, name_size);
  const std::string_view value = Trimmed(line.substr(name_size + 1));
  request->headers.emplace_back(name, value);
  return ReadFraming(name, value);
}

// What the server itself has to know.
bool RequestParser::ReadFraming(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 6:
      if (SameWithoutCase(name, "expect") && SameWithoutCase(value, "100-continue")) {
        wants_continue_ = true;
      }
      return true;
    case 10:
      if (!SameWithoutCase(name, "connection")) return true;
      while (!value.empty()) {
        const std::string_view option = TakeListElement(&value);
        if (SameWithoutCase(option, "close")) keeps_connection_ = false;
        if (is_http_1_0_ && SameWithoutCase(option, "keep-alive")) keeps_connection_ = true;
      }
      return true;
    case 14:
      return !SameWithoutCase(name, "content-length") || ReadLength(value);
    case 17:
      if (!SameWithoutCase(name, "transfer-encoding")) return true;
      if (!SameWithoutCase(value, "chunked")) {
        return Fail(501, "the request has a transfer coding other than chunked");
      }
      is_chunked_ = true;
      return true;
    default:
      return true;
  }
}

bool RequestParser::ReadLength(std::string_view value) {
  uint64_t length = 0;
  if (!ReadNumber(value, 10, &length)) return Fail(400, "Content-Length is no number");
  if (has_length_ && length != left_) return Fail(400, "the request has two lengths");
  has_length_ = true;
  left_ = length;
  return true;
}

void RequestParser::OnHeadEnd(HttpRequest* request) {
  if (is_http_1_0_) wants_continue_ = false;
  if (is_chunked_ && has_length_) {
    Fail(400, "the request has both a Content-Length and chunks");
    return;
  }
  if (is_chunked_) {
    phase_ = Phase::kChunkSize;
    return;
  }
  is_too_large_ = left_ > most_body_bytes_;
  if (is_too_large_ && (wants_continue_ || left_ > kMostSkippedBytes)) {
    Fail(413, "Request is too large.");  // rather than to let it be sent
    return;
  }
  phase_ = left_ == 0 ? Phase::kDone : Phase::kBody;
  if (left_ > 0 && !is_too_large_) {
    request->body.reserve(static_cast<size_t>(std::min(left_, kMostReserved)) +
                          HttpRequest::kBodyPadding);
  }
}

// Keeps the head, whose bytes go before the body has come.
void RequestParser::PinHead(HttpRequest* request) {
  size_t bytes = request->method.size() + request->path.size();
  for (const auto& [name, value] : request->headers) bytes += name.size() + value.size();
  head_.reserve(bytes);  // now, so that nothing of it moves below
  const auto keep = [&](std::string_view* text) {
    const size_t at = head_.size();
    head_.append(*text);
    *text = std::string_view(head_).substr(at);
  };
  keep(&request->method);
  keep(&request->path);
  for (auto& [name, value] : request->headers) {
    keep(&name);
    keep(&value);
  }
}

// ---------------------------------------------------------------------------------------- body

void RequestParser::TakeBody(std::string_view* bytes, Phase after, HttpRequest* request) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(left_, bytes->size()));
  if (!is_too_large_) request->body.append(bytes->data(), count);
  bytes->remove_prefix(count);
  left_ -= count;
  if (left_ == 0) phase_ = after;
}

// A line of what frames chunks.
void RequestParser::TakeFrameLine(std::string_view* bytes) {
  const char* newline = Find(*bytes, 0, '\n');
  const size_t count =
      newline == nullptr ? bytes->size() : static_cast<size_t>(newline - bytes->data()) + 1;
  frame_bytes_ += count;
  if (frame_bytes_ > kMostFrameBytes) {
    Fail(400, "what frames the chunks of the request is too long");
    return;
  }
  frame_line_.append(bytes->data(), count);
  bytes->remove_prefix(count);
  if (newline == nullptr) return;
  std::string_view line = frame_line_;
  OnFrameLine(TakeLine(&line));
  frame_line_.clear();
}

void RequestParser::OnFrameLine(std::string_view line) {
  switch (phase_) {
    case Phase::kChunkSize:
      frame_bytes_ = 0;  // chunks may be many
      return OnChunkSize(line);
    case Phase::kChunkEnd:
      phase_ = Phase::kChunkSize;
      if (!line.empty()) Fail(400, "a chunk of the request is longer than it says");
      return;
    default:  // trailers say nothing that is read
      if (line.empty()) phase_ = Phase::kDone;
  }
}

void RequestParser::OnChunkSize(std::string_view line) {
  const std::string_view size = Trimmed(line.substr(0, line.find(';')));
  if (!ReadNumber(size, 16, &left_)) {
    Fail(400, "a chunk of the request has no size");
    return;
  }
  if (left_ > kMostSkippedBytes - body_bytes_) {
    Fail(413, "Request is too large.");
    return;
  }
  body_bytes_ += left_;
  is_too_large_ |= body_bytes_ > most_body_bytes_;
  phase_ = left_ == 0 ? Phase::kTrailers : Phase::kChunk;
}

}  // namespace weir::cosmos::emulator
