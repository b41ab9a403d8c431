// One connection of the server: reads requests, has them answered one after the other, writes the
// answers. Its worker's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "backends/cosmos/emulator/http_message.h"
#include "backends/cosmos/emulator/request_parser.h"
#include "backends/cosmos/emulator/server_socket.h"
#include "base/event_loop.h"

namespace weir::cosmos::emulator {

class HttpWorker;

class HttpConnection final : private IoHandler, private TimerHandler {
 public:
  HttpConnection(HttpWorker& worker, uint64_t id, int fd, SslPointer tls);
  ~HttpConnection() override;

  uint64_t id() const { return id_; }
  void Begin();
  // The answer that waits for the gate may go, or cannot be kept.
  void OnGate(const absl::Status& status);
  // Answers what has been received, then closes.
  void Stop();
  // Once per tick of the worker: closes what has taken too long.
  void CheckTime();

 private:
  enum class State : uint8_t { kShakingHands, kOpen, kLingering, kClosed };

  void OnReady(uint32_t epoll_events) override;
  void OnTimer() override;

  void WatchFor(uint32_t epoll_events);
  void ShakeHands();
  bool IsBlocked() const { return held_ || is_choked_ || is_closing_ || state_ != State::kOpen; }
  void Read();
  void TakeRequests(std::string_view bytes);
  void OnRequest();
  void Refuse(int status, std::string_view problem);
  void Answer(HttpResponse&& response);
  void AnswerUnlessGated(HttpResponse&& response);
  void Write(HttpResponse&& response);
  bool Flush();
  void GoOn();
  void Settle();
  void Linger();
  void Close();

  HttpWorker& worker_;
  const uint64_t id_;
  ServerSocket socket_;
  State state_ = State::kShakingHands;
  uint32_t watched_ = 0;
  uint32_t read_wants_ = 0;
  bool is_ending_ = false;  // the client's end has come, maybe behind bytes that are not read
  uint64_t since_;          // tick at which what it does now began

  RequestParser parser_;
  HttpRequest request_;
  std::string input_;  // behind a request whose answer is still due

  // Of the request that is being answered.
  bool is_head_ = false;
  bool says_keep_alive_ = false;
  std::optional<HttpResponse> held_;  // its answer, while it is delayed or waits for the gate
  TimerId timer_ = 0;                 // of the delay

  std::string out_;          // answers that are not sent yet
  std::string tail_;         // the body of the last one, when it is long
  size_t sent_ = 0;          // of the two
  bool is_choked_ = false;   // the socket takes no more now
  bool is_closing_ = false;  // after what is to be sent
};

}  // namespace weir::cosmos::emulator
