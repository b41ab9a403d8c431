// One thread of the server with its event loop and its connections.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/server_socket.h"
#include "base/epoll_loop.h"

namespace weir::cosmos::emulator {

class HttpAcceptor;
class HttpConnection;

// How long something may take, in ticks of a worker.
struct HttpTicks {
  int64_t tick_ns;
  uint64_t idle;
  uint64_t request;
  uint64_t linger;

  static HttpTicks Of(const HttpTimeouts& timeouts);
};

class HttpWorker final : private TimerHandler {
 public:
  struct Settings {
    const HttpHandler* handler;
    AnswerGate* gate;      // null: answers wait for nothing
    const TlsServer* tls;  // null: none
    HttpTimeouts timeouts;
  };
  // What the settings point to outlives the worker.
  explicit HttpWorker(const Settings& settings);
  ~HttpWorker() override;  // after Join
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  // Before Start: this one's thread accepts for all.
  void set_acceptor(std::unique_ptr<HttpAcceptor> acceptor);
  void Start();

  // Any thread.
  void Adopt(int fd);  // an accepted connection
  size_t connections() const { return connection_count_.load(std::memory_order_relaxed); }
  void Stop();  // answers what has been received, then the thread ends
  void Join();

  // What follows is its connections' and its acceptor's, on its thread.
  EventLoop& loop() { return loop_; }
  const HttpHandler& handler() const { return *settings_.handler; }
  AnswerGate* gate() const { return settings_.gate; }
  absl::Span<char> buffer() { return absl::MakeSpan(buffer_); }  // what is received passes through
  bool is_stopping() const { return is_stopping_; }
  uint64_t tick() const { return tick_; }
  const HttpTicks& ticks() const { return ticks_; }
  std::string_view DateLine();  // "Date: …\r\n"
  // HttpConnection::OnGate is called, if the connection is still there.
  void TellWhenOpen(uint64_t id, uint64_t ticket);
  // Destroys it at the end of this turn of the loop: a call of it may be on the stack.
  void Remove(HttpConnection& connection);

 private:
  struct Mailbox;

  void OnTimer() override;
  void Run();
  void ReadMail();
  void Open(int fd);
  void BeginStop();

  const Settings settings_;
  const HttpTicks ticks_;
  EpollLoop loop_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::vector<char> buffer_;
  std::atomic<size_t> connection_count_ = 0;  // those to come in the mail as well
  bool is_stopping_ = false;
  uint64_t tick_ = 0;
  uint64_t last_id_ = 0;
  int64_t date_second_ = -1;
  std::string date_line_;
  std::unique_ptr<HttpAcceptor> acceptor_;
  std::unordered_map<uint64_t, std::unique_ptr<HttpConnection>> connections_;
  std::vector<std::unique_ptr<HttpConnection>> closed_;
  std::thread thread_;
};

}  // namespace weir::cosmos::emulator
