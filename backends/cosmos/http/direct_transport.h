// Exchanges on sockets of our own: a connection carries one request at a time, is kept alive, and
// stays registered with the loop, so that a request costs one send and one receive. For what is
// measured; docs/adr/0011 says why, tests/bench/http_bench.cc shows it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/http/authority.h"
#include "backends/cosmos/http/host_addresses.h"
#include "backends/cosmos/http/http_engine.h"
#include "backends/cosmos/http/tls_client.h"

namespace weir::cosmos {

class DirectCarrier;
class DirectConnection;

class DirectTransport final : public HttpTransport, private TimerHandler {
 public:
  // Loop and settings outlive the transport.
  DirectTransport(EventLoop& loop, const HttpSettings& settings, const Authority& authority);
  ~DirectTransport() override;
  std::unique_ptr<HttpCarrier> MakeCarrier(HttpExchange& exchange) override;

 private:
  friend class DirectCarrier;
  friend class DirectConnection;

  void Send(DirectCarrier& carrier, bool on_new_connection);
  void Connect(DirectCarrier& carrier);
  // From inside Send: the loop tells the handler.
  void FailLater(DirectCarrier& carrier, std::string error);
  void Forget(DirectCarrier& carrier);
  void Close(DirectConnection* connection);
  void OnTimer() override;
  void KeepTimer();

  EventLoop& loop_;
  const HttpSettings& settings_;
  bool is_tls_ = false;
  std::string host_;         // without brackets
  std::string host_header_;  // "Host: …\r\n"
  HostAddresses addresses_;
  std::optional<absl::StatusOr<TlsClient>> tls_;  // made with the first connection

  std::unordered_map<DirectConnection*, std::unique_ptr<DirectConnection>> connections_;
  std::vector<DirectConnection*> idle_;                    // the one used last at the end
  std::vector<std::unique_ptr<DirectConnection>> closed_;  // until nobody on the stack is in them
  std::vector<DirectCarrier*> failed_;
  TimerId timer_ = 0;
  std::vector<char> buffer_;  // what is received passes through here
};

}  // namespace weir::cosmos
