#include <algorithm>
#include <array>
#include <cstring>

#include "backends/cosmos/http_engine.h"
#include "backends/cosmos/wire/headers.h"
#include "base/check.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

constexpr long kBufferBytes = 64 * 1024;
constexpr std::string_view kVersionEnd = " HTTP/1.1\r\n";

bool HasBody(HttpMethod method) {
  return method == HttpMethod::kPost || method == HttpMethod::kPut || method == HttpMethod::kPatch;
}

}  // namespace

std::string_view HttpMethodName(HttpMethod method) {
  constexpr std::array<std::string_view, 5> kNames = {"GET", "POST", "PUT", "DELETE", "PATCH"};
  return kNames[static_cast<size_t>(method)];
}

HttpExchange::HttpExchange(HttpEngine& engine, ExchangeHandler& handler)
    : engine_(engine), handler_(handler), easy_(curl_easy_init()) {
  WEIR_CHECK(easy_ != nullptr);
  SetConstantOptions();
  headers_.Suppress("Expect");
  headers_.Add("Accept", kJsonContentType);
  headers_.Add(header::kVersion, kApiVersion);
  constant_headers_ = headers_.count();
}

HttpExchange::~HttpExchange() {
  Cancel();
  curl_easy_cleanup(easy_);
}

void HttpExchange::SetConstantOptions() {
  const HttpSettings& settings = engine_.settings();
  const long connect_ms = static_cast<long>(settings.connect_timeout_ns / kNsPerMs);
  curl_easy_setopt(easy_, CURLOPT_URL, settings.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kBufferBytes);
  // A proxy of the environment would be measured along with the database.
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  if (connect_ms > 0) curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
  if (!settings.tls_root_certificate.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, settings.tls_root_certificate.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &HttpExchange::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &HttpExchange::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &HttpExchange::BeforeRequest);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

size_t HttpExchange::OnHeader(char* line, size_t size, size_t count, void* self) {
  static_cast<HttpExchange*>(self)->answer_headers_.TakeLine({line, size * count});
  return size * count;
}

size_t HttpExchange::OnBody(char* bytes, size_t size, size_t count, void* self) {
  static_cast<HttpExchange*>(self)->answer_.append(bytes, size * count);
  return size * count;
}

// libcurl repeats a request on a new connection when a kept-alive one breaks before the first byte
// of the answer. That would be a hidden retry, and a write could be applied twice.
int HttpExchange::BeforeRequest(void* self, char*, char*, int, int) {
  const int begun = ++static_cast<HttpExchange*>(self)->requests_begun_;
  return begun == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

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
  requests_begun_ = 0;
  bytes_sent_ = bytes_received_ = 0;
}

void HttpExchange::SetMethod() {
  const bool has_body = HasBody(method_);
  if (has_body) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body_.data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, HttpMethodName(method_).data());
}

void HttpExchange::Send() {
  SetMethod();
  curl_easy_setopt(easy_, CURLOPT_REQUEST_TARGET, target_.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.Link());
  in_flight_ = true;
  engine_.Add(easy_);
}

void HttpExchange::SendOnNewConnection() {
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 1L);
  Send();
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, 0L);
}

void HttpExchange::Cancel() {
  if (!in_flight_) return;
  in_flight_ = false;
  engine_.Remove(easy_);
}

std::string HttpExchange::transport_error() const {
  long system_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &system_error);
  if (transport_ == Transport::kNotSent && system_error != 0) {
    return std::strerror(static_cast<int>(system_error));
  }
  return curl_easy_strerror(result_);
}

// Request line, headers and body; libcurl's own count leaves out parts of the body.
uint64_t HttpExchange::RequestBytes() const {
  const bool has_body = HasBody(method_);
  constexpr size_t kLengthHeader = sizeof("Content-Length: \r\n") - 1;
  const size_t length_bytes = has_body ? kLengthHeader + std::to_string(body_.size()).size() : 0;
  const std::string& url = engine_.settings().url;
  const size_t host_bytes = url.size() - std::min(url.size(), url.find("//") + 2);
  constexpr size_t kHostHeader = sizeof("Host: \r\n") - 1;
  constexpr size_t kBlankLine = 2;
  return HttpMethodName(method_).size() + 1 + target_.size() + kVersionEnd.size() + kHostHeader +
         host_bytes + headers_.wire_bytes() + length_bytes + kBlankLine + body_.size();
}

void HttpExchange::Finish(CURLcode result) {
  in_flight_ = false;
  result_ = result;
  if (requests_begun_ > 0) bytes_sent_ = RequestBytes();
  long header_bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_HEADER_SIZE, &header_bytes);
  bytes_received_ = static_cast<uint64_t>(header_bytes) + answer_.size();
  if (result == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    status_ = static_cast<int>(status);
    transport_ = Transport::kAnswered;
  } else {
    transport_ = requests_begun_ > 0 ? Transport::kLost : Transport::kNotSent;
  }
  handler_.OnExchange(*this);
}

}  // namespace weir::cosmos
