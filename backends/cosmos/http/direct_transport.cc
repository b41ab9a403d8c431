#include "backends/cosmos/http/direct_transport.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/http/direct_connection.h"

namespace weir::cosmos {
namespace {

constexpr size_t kBufferBytes = 128 << 10;

struct Authority {
  bool is_tls = false;
  std::string host;     // without brackets
  std::string as_sent;  // with brackets, and the port unless it is the scheme's own
  uint16_t port = 0;
};

// Of a URL that Gateway::FromTarget let pass.
Authority AuthorityOf(std::string_view url) {
  Authority authority;
  authority.is_tls = url.starts_with("https");
  const uint16_t usual = authority.is_tls ? 443 : 80;
  url.remove_prefix(std::min(url.size(), url.find("//") + 2));
  url = url.substr(0, url.find('/'));
  const size_t colon = url.rfind(':');
  uint32_t port = usual;
  if (colon != std::string_view::npos && url.find(']', colon) == std::string_view::npos &&
      absl::SimpleAtoi(absl::string_view(url.data() + colon + 1, url.size() - colon - 1), &port)) {
    url = url.substr(0, colon);
  }
  authority.port = static_cast<uint16_t>(port);
  authority.as_sent = std::string(url);
  if (port != usual) absl::StrAppend(&authority.as_sent, ":", port);
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  authority.host = std::string(url);
  return authority;
}

}  // namespace

DirectTransport::DirectTransport(EventLoop& loop, const HttpSettings& settings)
    : loop_(loop),
      settings_(settings),
      is_tls_(AuthorityOf(settings.url).is_tls),
      host_(AuthorityOf(settings.url).host),
      host_header_(absl::StrCat("Host: ", AuthorityOf(settings.url).as_sent, "\r\n")),
      addresses_(host_, AuthorityOf(settings.url).port),
      buffer_(kBufferBytes) {}

DirectTransport::~DirectTransport() { loop_.Cancel(timer_); }

std::unique_ptr<HttpCarrier> DirectTransport::MakeCarrier(HttpExchange& exchange) {
  return std::make_unique<DirectCarrier>(*this, exchange);
}

void DirectTransport::Send(DirectCarrier& carrier, bool on_new_connection) {
  while (!on_new_connection && !idle_.empty()) {
    DirectConnection* connection = idle_.back();
    idle_.pop_back();
    if (connection->Begin(carrier)) return;
    Close(connection);  // the server had closed it: it has seen nothing of the request
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
  addresses_.Refresh();
  carrier.error_ = std::move(error);
  failed_.push_back(&carrier);
  KeepTimer();
}

void DirectTransport::Forget(DirectCarrier& carrier) { std::erase(failed_, &carrier); }

void DirectTransport::Close(DirectConnection* connection) {
  std::erase(idle_, connection);
  const auto found = connections_.find(connection);
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
