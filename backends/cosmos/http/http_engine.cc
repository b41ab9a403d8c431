#include "backends/cosmos/http/http_engine.h"

#include <array>
#include <utility>

#include "backends/cosmos/http/authority.h"
#include "backends/cosmos/http/curl_transport.h"
#include "backends/cosmos/http/direct_transport.h"
#include "backends/cosmos/wire/headers.h"
#include "base/check.h"

namespace weir::cosmos {
namespace {

std::unique_ptr<HttpTransport> MakeTransport(EventLoop& loop, const HttpSettings& settings,
                                             HttpClient client) {
  const Authority authority = ParseAuthority(settings.url).value_or(Authority{});
  if (client == HttpClient::kLibcurl) {
    return std::make_unique<CurlTransport>(loop, settings, authority);
  }
  return std::make_unique<DirectTransport>(loop, settings, authority);
}

}  // namespace

std::string_view HttpMethodName(HttpMethod method) {
  constexpr std::array<std::string_view, 5> kNames = {"GET", "POST", "PUT", "DELETE", "PATCH"};
  return kNames[static_cast<size_t>(method)];
}

bool HasBody(HttpMethod method) {
  return method == HttpMethod::kPost || method == HttpMethod::kPut || method == HttpMethod::kPatch;
}

HttpEngine::HttpEngine(EventLoop& loop, HttpSettings settings, HttpClient client)
    : loop_(loop),
      settings_(std::move(settings)),
      transport_(MakeTransport(loop, settings_, client)) {}

HttpExchange::HttpExchange(HttpEngine& engine, ExchangeHandler& handler)
    : handler_(handler), carrier_(engine.transport().MakeCarrier(*this)) {
  headers_.Add("Accept", kJsonContentType);
  headers_.Add(header::kVersion, kApiVersion);
  constant_headers_ = headers_.count();
}

HttpExchange::~HttpExchange() { Cancel(); }

void HttpExchange::Begin(HttpMethod method) {
  WEIR_CHECK(!in_flight_);
  method_ = method;
  target_.clear();
  headers_.Truncate(constant_headers_);
  body_.clear();
  ClearAnswer();
}

void HttpExchange::ClearAnswer() {
  answer_.clear();
  answer_headers_.Clear();
  status_ = 0;
  bytes_sent_ = bytes_received_ = 0;
}

void HttpExchange::Send() {
  in_flight_ = true;
  carrier_->Send(false);
}

void HttpExchange::SendOnNewConnection() {
  in_flight_ = true;
  carrier_->Send(true);
}

void HttpExchange::Cancel() {
  if (!in_flight_) return;
  in_flight_ = false;
  carrier_->Cancel();
}

void HttpExchange::Finish(const End& end) {
  in_flight_ = false;
  transport_ = end.transport;
  status_ = end.status;
  bytes_sent_ = end.bytes_sent;
  bytes_received_ = end.header_bytes_received + answer_.size();
  handler_.OnExchange(*this);
}

}  // namespace weir::cosmos
