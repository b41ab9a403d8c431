// One connection of a DirectTransport: opening, TLS, one request and its answer at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/http/answer_parser.h"
#include "backends/cosmos/http/direct_transport.h"
#include "backends/cosmos/http/host_addresses.h"
#include "backends/cosmos/http/tls_client.h"
#include "base/event_loop.h"

namespace weir::cosmos {

class DirectCarrier final : public HttpCarrier {
 public:
  DirectCarrier(DirectTransport& transport, HttpExchange& exchange)
      : transport_(transport), exchange_(exchange) {}
  ~DirectCarrier() override { Cancel(); }

  void Send(bool on_new_connection) override;
  void Cancel() override;
  std::string Error() const override { return error_; }

 private:
  friend class DirectConnection;
  friend class DirectTransport;
  void WriteHead();

  DirectTransport& transport_;
  HttpExchange& exchange_;
  DirectConnection* connection_ = nullptr;  // while it has one
  std::string head_;                        // request line and headers; a short body behind them
  std::string_view rest_;                   // a longer body
  std::string error_;
};

// Its transport closes it, also on its behalf: see DirectTransport::Close.
class DirectConnection final : private IoHandler, private TimerHandler {
 public:
  explicit DirectConnection(DirectTransport& transport) : transport_(transport) {}
  ~DirectConnection() override;

  // Opens it for the carrier's request. False, with *error, when that fails at once.
  bool Open(std::vector<SocketAddress> addresses, DirectCarrier& carrier, std::string* error);
  // Whether one that has been idle can be used: a server may have closed it while nobody ran the
  // loop.
  bool IsStillOpen();
  // Sends the carrier's request on the open connection. False when nothing of it went out, and
  // nothing ever will; the carrier is untouched then.
  bool Begin(DirectCarrier& carrier);
  // Closes the socket and forgets the carrier: after it nothing is called any more.
  void Disconnect();

 private:
  enum class State : uint8_t { kConnecting, kShakingHands, kIdle, kBusy };
  enum class Io : uint8_t { kSome, kNotNow, kEnd, kBroken };

  void OnReady(uint32_t epoll_events) override;
  void OnTimer() override;

  bool ConnectToNext(std::string* error);
  void CloseSocket();
  void OnConnected();
  void ShakeHands();
  void OnOpen();
  void WatchFor(uint32_t epoll_events);

  bool Write();
  Io WriteSome(std::string_view head, std::string_view rest, size_t* count);
  bool Read();
  Io ReadSome(size_t* count);
  Io AfterTls(int done, uint32_t* wants);
  void OnAnswerCut(Io how);
  void CheckIdle();
  void Complete(bool is_clean);
  void Fail(std::string error);

  DirectTransport& transport_;
  State state_ = State::kConnecting;
  int fd_ = -1;
  SslPointer ssl_;
  uint32_t watched_ = 0;
  std::vector<SocketAddress> addresses_;
  size_t next_address_ = 0;
  TimerId timer_ = 0;  // of the attempt to connect

  DirectCarrier* carrier_ = nullptr;
  size_t sent_ = 0;  // bytes of the request
  // What each direction waits for. TLS may have to write in order to read, and the reverse.
  uint32_t write_wants_ = 0;  // 0: all is sent, or nothing more can be
  uint32_t read_wants_ = 0;
  std::string break_text_;  // why reading failed, where the system or TLS says it
  int64_t idle_since_ns_ = 0;
  AnswerParser parser_;
};

}  // namespace weir::cosmos
