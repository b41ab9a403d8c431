// One connection to the server on a worker's event loop. libpq opens it (addresses, TLS,
// authentication); after that the messages are our own (ADR 14). When it breaks it is opened
// anew by itself, after 100 ms … 1 s. One thread.
#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "backends/postgres/connection.h"
#include "backends/postgres/message_writer.h"
#include "backends/postgres/server_message.h"
#include "backends/postgres/server_socket.h"
#include "base/event_loop.h"

namespace weir {

// Who speaks over a link. Called on the loop's thread.
class LinkUser {
 public:
  virtual ~LinkUser() = default;
  // The connection is there and knows nothing: write what sets it up, then call SetUpDone.
  virtual void OnConnected() = 0;
  virtual void OnOpen() = 0;  // after SetUpDone, except within OpenBlocking
  virtual void OnMessage(const ServerMessage& message) = 0;
  // All that was written is sent. Writes more and says so, or has nothing more to say.
  virtual bool WriteMore() = 0;
  // The connection is lost, with everything under way on it.
  virtual void OnBroken(const std::string& words) = 0;
};

class Link final : private IoHandler, private TimerHandler {
 public:
  // Everything referred to outlives the link.
  Link(const ConnectionOptions& options, EventLoop& loop, LinkUser& user);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Connects without the loop; blocks for the connect timeout at most. Once, before anything else.
  absl::Status OpenBlocking();

  bool connected() const { return state_ == State::kSettingUp || state_ == State::kOpen; }
  bool open() const { return state_ == State::kOpen; }
  void SetUpDone();

  // What is written is sent by Send, as far as the socket takes it; the loop sends the rest.
  MessageWriter& writer() { return writer_; }
  void Send();

  void Break(const std::string& words);
  // Gives up the connection and everything under way on it, and opens another at once.
  void Reconnect();

 private:
  enum class State { kBroken, kConnecting, kSettingUp, kOpen };

  void BeginConnecting();
  void ContinueConnecting();
  void Disconnect();
  void OnReady(uint32_t epoll_events) override;
  void OnTimer() override;
  bool SendWritten();
  void ForgetSent();
  void Receive();
  bool Take(std::string_view fresh);
  void Keep(std::string_view rest);
  void LookAt(const ServerMessage& message);
  std::string WhyLost() const;
  void Want(uint32_t epoll_events);
  void SetTimer(int64_t in_ns);

  const ConnectionOptions& options_;
  EventLoop& loop_;
  LinkUser& user_;

  State state_ = State::kBroken;
  ConnectionPtr connection_;
  std::optional<ServerSocket> socket_;
  uint64_t generation_ = 0;  // grows with each connection that is given up
  bool on_loop_ = false;     // false while OpenBlocking polls by itself
  int watched_ = -1;         // descriptor
  uint32_t wanted_ = 0;
  TimerId timer_ = 0;
  int64_t wait_ns_;  // before the next try to connect
  absl::Status why_broken_;
  std::string last_words_;  // the server's, before it hung up

  std::string out_;
  size_t sent_ = 0;  // of out_
  MessageWriter writer_{&out_};
  std::string rest_;  // of what was received: the beginning of a message
};

}  // namespace weir
