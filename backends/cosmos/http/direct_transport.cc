#include "backends/cosmos/http/direct_transport.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/http/direct_connection.h"
#include "base/check.h"

namespace weir::cosmos {
namespace {

constexpr size_t kBufferBytes = 128 << 10;

}  // namespace

DirectTransport::DirectTransport(EventLoop& loop, const HttpSettings& settings,
                                 const Authority& authority)
    : loop_(loop),
      settings_(settings),
      is_tls_(authority.is_tls),
      host_(authority.host),
      host_header_(absl::StrCat("Host: ", authority.as_sent, "\r\n")),
      addresses_(host_, authority.port),
      buffer_(kBufferBytes) {}

DirectTransport::~DirectTransport() { loop_.Cancel(timer_); }

std::unique_ptr<HttpCarrier> DirectTransport::MakeCarrier(HttpExchange& exchange) {
  return std::make_unique<DirectCarrier>(*this, exchange);
}

void DirectTransport::Send(DirectCarrier& carrier, bool on_new_connection) {
  while (!on_new_connection && !idle_.empty()) {
    DirectConnection* connection = idle_.back();
    idle_.pop_back();
    if (connection->IsStillOpen() && connection->Begin(carrier)) return;
    Close(connection);  // by the server, which has seen nothing of the request
  }
  Connect(carrier);
}

void DirectTransport::Connect(DirectCarrier& carrier) {
  absl::StatusOr<std::vector<SocketAddress>> addresses = addresses_.Get();
  if (!addresses.ok()) return FailLater(carrier, std::string(addresses.status().message()));
  if (is_tls_ && !tls_) tls_ = TlsClient::Make(settings_.tls_root_certificate);
  if (is_tls_ && !tls_->ok()) return FailLater(carrier, std::string(tls_->status().message()));
  auto made = std::make_unique<DirectConnection>(*this);
  DirectConnection* connection = made.get();
  connections_[connection] = std::move(made);
  std::string error;
  if (connection->Open(*std::move(addresses), carrier, &error)) return;
  Close(connection);
  FailLater(carrier, std::move(error));
}

void DirectTransport::FailLater(DirectCarrier& carrier, std::string error) {
  addresses_.Refresh(loop_.Now());
  carrier.error_ = std::move(error);
  failed_.push_back(&carrier);
  KeepTimer();
}

void DirectTransport::Forget(DirectCarrier& carrier) { std::erase(failed_, &carrier); }

// Its socket is closed at once, so that nothing is heard of it any more. The object stays for the
// rest of this turn of the loop: a call of it may be on the stack.
void DirectTransport::Close(DirectConnection* connection) {
  connection->Disconnect();
  std::erase(idle_, connection);
  const auto found = connections_.find(connection);
  WEIR_CHECK(found != connections_.end());
  closed_.push_back(std::move(found->second));
  connections_.erase(found);
  KeepTimer();
}

void DirectTransport::KeepTimer() {
  if (timer_ == 0) timer_ = loop_.Schedule(loop_.Now(), this);
}

void DirectTransport::OnTimer() {
  timer_ = 0;
  closed_.clear();
  // A handler may send again, and that may fail at once: those come with the next turn.
  for (size_t left = failed_.size(); left > 0 && !failed_.empty(); --left) {
    DirectCarrier* carrier = failed_.front();
    failed_.erase(failed_.begin());
    carrier->exchange_.Finish({});
  }
  if (!failed_.empty()) KeepTimer();
}

}  // namespace weir::cosmos
