#include "backends/cosmos/calibration/measured_requests.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/json_lookup.h"

namespace weir::cosmos {
namespace {

using nlohmann::json;

double Ru(MilliRu charge) { return static_cast<double>(charge) / 1000; }

}  // namespace

absl::StatusOr<MeasuredAnswer> MeasuredRequests::Send(ControlClient* client, HttpMethod method,
                                                      const Resource& resource,
                                                      const Headers& headers, std::string body) {
  if (limits_.stop && limits_.stop()) return absl::CancelledError("interrupted");
  if (ru_ > limits_.most_ru) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the measurement has used ", static_cast<int64_t>(ru_),
                     " RU, more than it was allowed: see --most-ru"));
  }
  HttpExchange& exchange = client->Begin(method, resource);
  for (const auto& [name, value] : headers) exchange.headers().Add(name, value);
  exchange.body() = std::move(body);
  const absl::Status done = client->Perform("measuring charges");
  ++requests_;
  for (const MilliRu charge : client->throttled_charges()) {
    throttled_.push_back(Ru(charge));
    ru_ += Ru(charge);
  }
  if (exchange.transport() != Transport::kAnswered) return done;
  MeasuredAnswer answer;
  answer.status = exchange.status();
  if (answer.status == 401 || answer.status == 403 || answer.status == 429) return done;
  answer.ru = Ru(exchange.answer_headers().charge);
  ru_ += answer.ru;
  answer.kb = static_cast<double>(exchange.answer().size()) / 1000;
  answer.continuation = exchange.answer_headers().continuation;
  if (answer.status >= 300) return answer;
  const json content = json::parse(exchange.answer(), nullptr, false);
  const json etag = LookUp(content, "/_etag");
  if (etag.is_string()) answer.etag = etag.get<std::string>();
  const json count = LookUp(content, "/_count");
  if (count.is_number_integer()) answer.count = count.get<int>();
  return answer;
}

}  // namespace weir::cosmos
