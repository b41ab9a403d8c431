#include "backends/cosmos/http/answer_parser.h"

#include <algorithm>
#include <cstring>

#include "backends/cosmos/wire/http_text.h"

namespace weir::cosmos {
namespace {

constexpr size_t kMostReserved = 16 << 20;  // on a server's word alone

constexpr char kTooLong[] = "the answer is too long";

}  // namespace

void AnswerParser::Start(AnswerHeaders* headers, std::string* body) {
  headers_ = headers;
  body_ = body;
  phase_ = Phase::kStatus;
  partial_.clear();
  status_ = 0;
  keeps_connection_ = true;
  is_chunked_ = has_length_ = says_close_ = false;
  left_ = body_bytes_ = header_bytes_ = frame_bytes_ = 0;
  problem_ = "";
}

void AnswerParser::Fail(const char* problem) {
  phase_ = Phase::kBad;
  problem_ = problem;
}

AnswerParser::State AnswerParser::Take(std::string_view* bytes) {
  while (phase_ != Phase::kDone && phase_ != Phase::kBad && !bytes->empty()) {
    if (phase_ == Phase::kBody) {
      TakeBody(bytes, Phase::kDone);
    } else if (phase_ == Phase::kChunk) {
      TakeBody(bytes, Phase::kChunkEnd);
    } else if (phase_ == Phase::kBodyToEnd) {
      body_bytes_ += bytes->size();
      if (body_bytes_ > kMostBodyBytes) Fail(kTooLong);
      body_->append(*bytes);
      *bytes = {};
    } else {
      std::string_view line;
      if (!TakeLine(bytes, &line)) break;
      OnLine(line);
      partial_.clear();
    }
  }
  if (phase_ == Phase::kBad) return State::kBad;
  return phase_ == Phase::kDone ? State::kDone : State::kReading;
}

AnswerParser::State AnswerParser::TakeEnd() {
  if (phase_ == Phase::kBodyToEnd) phase_ = Phase::kDone;
  return phase_ == Phase::kDone ? State::kDone : State::kBad;
}

void AnswerParser::TakeBody(std::string_view* bytes, Phase after) {
  const size_t count = static_cast<size_t>(std::min<uint64_t>(left_, bytes->size()));
  body_->append(bytes->data(), count);
  bytes->remove_prefix(count);
  left_ -= count;
  if (left_ == 0) phase_ = after;
}

bool AnswerParser::CountLine(size_t bytes) {
  const bool is_header = phase_ == Phase::kStatus || phase_ == Phase::kHeaders;
  uint64_t& counted = is_header ? header_bytes_ : frame_bytes_;
  counted += bytes;
  if (counted > kMostHeaderBytes) Fail("the answer's headers are too long");
  return counted <= kMostHeaderBytes;
}

// A line without its end, once that has come.
bool AnswerParser::TakeLine(std::string_view* bytes, std::string_view* line) {
  const void* end = std::memchr(bytes->data(), '\n', bytes->size());
  const size_t count = end == nullptr
                           ? bytes->size()
                           : static_cast<size_t>(static_cast<const char*>(end) - bytes->data()) + 1;
  if (!CountLine(count)) return false;
  if (end == nullptr || !partial_.empty()) partial_.append(bytes->data(), count);
  *line = partial_.empty() ? bytes->substr(0, count) : std::string_view(partial_);
  bytes->remove_prefix(count);
  if (end == nullptr) return false;
  line->remove_suffix(1);
  if (line->ends_with('\r')) line->remove_suffix(1);
  return true;
}

void AnswerParser::OnLine(std::string_view line) {
  switch (phase_) {
    case Phase::kStatus:
      return OnStatusLine(line);
    case Phase::kHeaders:
      return line.empty() ? OnHeadersEnd() : OnHeader(line);
    case Phase::kChunkSize:
      frame_bytes_ = 0;  // chunks may be many
      return OnChunkSize(line);
    case Phase::kChunkEnd:
      if (!line.empty()) return Fail("a chunk of the answer is longer than it says");
      phase_ = Phase::kChunkSize;
      return;
    default:  // trailers say nothing that is read
      if (line.empty()) phase_ = Phase::kDone;
  }
}

void AnswerParser::OnStatusLine(std::string_view line) {
  uint64_t status = 0;
  const bool reads = line.size() >= 12 && line.starts_with("HTTP/1.") && line[8] == ' ' &&
                     ReadNumber(line.substr(9, 3), 10, &status) && status >= 100 &&
                     (line.size() == 12 || line[12] == ' ');
  if (!reads) return Fail("the answer is not HTTP/1.1");
  status_ = static_cast<int>(status);
  keeps_connection_ = line[7] != '0';
  phase_ = Phase::kHeaders;
}

void AnswerParser::OnHeader(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return Fail("a header of the answer has no colon");
  // A line that goes on from the one before, or a name that another reader takes for another.
  if (colon == 0 || IsBlank(line[0]) || IsBlank(line[colon - 1])) {
    return Fail("a header of the answer has no name");
  }
  headers_->TakeLine(line);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (SameWithoutCase(name, "content-length")) {
    OnLength(value);
  } else if (SameWithoutCase(name, "transfer-encoding")) {
    if (!SameWithoutCase(value, "chunked"))
      return Fail("the answer has a transfer coding that is not known");
    is_chunked_ = true;
  } else if (SameWithoutCase(name, "connection")) {
    OnConnection(value);
  }
}

void AnswerParser::OnConnection(std::string_view options) {
  while (!options.empty()) {
    const std::string_view option = TakeListElement(&options);
    if (SameWithoutCase(option, "close")) says_close_ = true;
    if (SameWithoutCase(option, "keep-alive")) keeps_connection_ = true;
  }
}

void AnswerParser::OnLength(std::string_view value) {
  uint64_t length = 0;
  if (!ReadNumber(value, 10, &length)) return Fail("the answer's length is no number");
  if (has_length_ && length != left_) return Fail("the answer has two lengths");
  if (length > kMostBodyBytes) return Fail(kTooLong);
  has_length_ = true;
  left_ = length;
}

void AnswerParser::OnHeadersEnd() {
  if (status_ < 200) {  // an interim one: the answer itself follows
    if (status_ == 101) return Fail("the answer leaves HTTP");
    phase_ = Phase::kStatus;
    is_chunked_ = has_length_ = says_close_ = false;
    left_ = 0;
    headers_->Clear();
    return;
  }
  if (says_close_) keeps_connection_ = false;
  if (status_ == 204 || status_ == 304) {
    phase_ = Phase::kDone;
  } else if (is_chunked_) {
    phase_ = Phase::kChunkSize;
  } else if (has_length_) {
    phase_ = left_ == 0 ? Phase::kDone : Phase::kBody;
    body_->reserve(body_->size() + static_cast<size_t>(std::min<uint64_t>(left_, kMostReserved)));
  } else {
    phase_ = Phase::kBodyToEnd;
    keeps_connection_ = false;
  }
}

void AnswerParser::OnChunkSize(std::string_view line) {
  const std::string_view size = Trimmed(line.substr(0, line.find(';')));
  if (!ReadNumber(size, 16, &left_)) return Fail("a chunk of the answer has no size");
  if (left_ > kMostBodyBytes - body_bytes_) return Fail(kTooLong);
  body_bytes_ += left_;
  phase_ = left_ == 0 ? Phase::kTrailers : Phase::kChunk;
}

}  // namespace weir::cosmos
