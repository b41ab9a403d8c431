// Reads HTTP/1.1 requests from bytes as they arrive (RFC 9112). Trusts nothing that it reads. Any
// one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/cosmos/emulator/http_message.h"

namespace weir::cosmos::emulator {

class RequestParser {
 public:
  static constexpr size_t kMostHeadBytes = 64 << 10;  // request line and headers
  static constexpr size_t kMostHeaders = 256;
  static constexpr size_t kMostFrameBytes = 8 << 10;  // of a chunk's size line, or of all trailers
  // A body that is too large is read to its end up to here, so that its sender hears the answer.
  static constexpr uint64_t kMostSkippedBytes = 64 << 20;

  enum class State : uint8_t { kReading, kDone, kBad };

  explicit RequestParser(size_t most_body_bytes) : most_body_bytes_(most_body_bytes) {}

  // For the next request. Keeps memory.
  void Start();

  // Takes bytes from the front; some are left when the request is over before their end, or it is
  // bad. When it is kDone, *request may point into `bytes`: it is good until those go, or the next
  // call. The same request at every call until then.
  State Take(std::string_view* bytes, HttpRequest* request);

  // Nothing has come yet.
  bool untouched() const { return phase_ == Phase::kHead && head_.empty(); }
  // The client waits to be told to send the body. Once per request.
  bool TakeContinue();
  bool keeps_connection() const { return keeps_connection_; }
  bool is_http_1_0() const { return is_http_1_0_; }
  // The body had more than most_body_bytes: it is not in the request.
  bool is_too_large() const { return is_too_large_; }

  // When bad: what to answer before the connection is closed.
  int bad_status() const { return bad_status_; }
  const char* problem() const { return problem_; }

  // Gives back what a large head or a hostile one has taken. Between requests.
  void ReleaseMemory();

 private:
  enum class Phase : uint8_t {
    kHead,
    kBody,
    kChunkSize,
    kChunk,
    kChunkEnd,
    kTrailers,
    kDone,
    kBad
  };

  void TakeHead(std::string_view* bytes, HttpRequest* request);
  void TakeSplitHead(std::string_view* bytes, HttpRequest* request);
  void ReadHead(std::string_view head, HttpRequest* request);
  bool ReadRequestLine(std::string_view line, HttpRequest* request);
  bool ReadHeader(std::string_view line, HttpRequest* request);
  bool ReadFraming(std::string_view name, std::string_view value);
  bool ReadLength(std::string_view value);
  void OnHeadEnd(HttpRequest* request);
  void PinHead(HttpRequest* request);
  void TakeBody(std::string_view* bytes, Phase after, HttpRequest* request);
  void TakeFrameLine(std::string_view* bytes);
  void OnFrameLine(std::string_view line);
  void OnChunkSize(std::string_view line);
  bool Fail(int status, const char* problem);

  const size_t most_body_bytes_;
  Phase phase_ = Phase::kHead;
  std::string head_;        // of a request that comes in pieces
  size_t head_read_ = 0;    // of head_: no end of the head is before it
  std::string frame_line_;  // of a chunk, whose end has not come
  size_t frame_bytes_ = 0;
  bool keeps_connection_ = true;
  bool is_http_1_0_ = false;
  bool is_chunked_ = false;
  bool has_length_ = false;
  bool wants_continue_ = false;
  bool is_too_large_ = false;
  uint64_t left_ = 0;        // of the body or of the chunk
  uint64_t body_bytes_ = 0;  // promised so far
  int bad_status_ = 0;
  const char* problem_ = "";
};

}  // namespace weir::cosmos::emulator
