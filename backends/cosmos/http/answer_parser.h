// Reads one HTTP/1.1 answer from bytes as they arrive (RFC 9112). Trusts nothing that it reads. Any
// one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/cosmos/http/answer_headers.h"

namespace weir::cosmos {

class AnswerParser {
 public:
  static constexpr size_t kMostHeaderBytes = 256 << 10;
  static constexpr uint64_t kMostBodyBytes = 256 << 20;  // far above any answer of Cosmos DB

  enum class State : uint8_t { kReading, kDone, kBad };

  // The answer goes to *headers and, appended, to *body. Both outlive it.
  void Start(AnswerHeaders* headers, std::string* body);

  // Takes bytes from the front; some are left when the answer is over before their end.
  State Take(std::string_view* bytes);
  // The server closed the connection, in good order: an answer of no stated length is over.
  State TakeEnd();

  // Nothing has come yet.
  bool untouched() const { return header_bytes_ == 0 && partial_.empty(); }
  int status() const { return status_; }
  bool keeps_connection() const { return keeps_connection_; }
  // Status lines and blank lines included, what frames chunks not.
  uint64_t header_bytes() const { return header_bytes_; }
  const char* problem() const { return problem_; }  // when bad

 private:
  enum class Phase : uint8_t {
    kStatus,
    kHeaders,
    kBody,
    kBodyToEnd,
    kChunkSize,
    kChunk,
    kChunkEnd,
    kTrailers,
    kDone,
    kBad
  };

  bool CountLine(size_t bytes);
  bool TakeLine(std::string_view* bytes, std::string_view* line);
  void OnLine(std::string_view line);
  void OnStatusLine(std::string_view line);
  void OnHeader(std::string_view line);
  void OnLength(std::string_view value);
  void OnConnection(std::string_view options);
  void OnHeadersEnd();
  void OnChunkSize(std::string_view line);
  void TakeBody(std::string_view* bytes, Phase after);
  void Fail(const char* problem);

  AnswerHeaders* headers_ = nullptr;
  std::string* body_ = nullptr;
  Phase phase_ = Phase::kStatus;
  std::string partial_;  // a line whose end has not come
  int status_ = 0;
  bool keeps_connection_ = true;
  bool says_close_ = false;
  bool is_chunked_ = false;
  bool has_length_ = false;
  uint64_t left_ = 0;        // of the body or of the chunk
  uint64_t body_bytes_ = 0;  // promised so far
  uint64_t header_bytes_ = 0;
  uint64_t frame_bytes_ = 0;  // of a chunk's frame, or of the trailers
  const char* problem_ = "";
};

}  // namespace weir::cosmos
