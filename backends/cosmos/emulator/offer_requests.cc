#include "backends/cosmos/emulator/offer_requests.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/resource_query.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

void SetOfferHeaders(const Offer& offer, HttpResponse* response) {
  response->Set(header::kEtag, offer.Etag());
  response->Set(header::kMinThroughput, absl::StrCat(offer.Minimum()));
  response->Set(header::kOfferReplacePending, offer.IsPending() ? "true" : "false");
}

int StatusOf(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return 423;
  return absl::IsFailedPrecondition(status) ? 412 : 400;
}

}  // namespace

HttpResponse OfferRequests::Answer(int status, std::string json) const {
  HttpResponse response = JsonAnswer(status, std::move(json));
  SetCharge(charges_.Metadata(), &response);
  return response;
}

HttpResponse OfferRequests::Find(const HttpRequest& request) const {
  const int64_t now_ns = MonotonicNs();
  const auto offers = account_.Offers();
  QueriedFeed feed{.json = R"({"_rid":"","Offers":[)", .count = 0};
  for (const auto& offer : offers) {
    offer->Advance(now_ns);
    absl::StrAppend(&feed.json, feed.count++ > 0 ? "," : "", offer->Json());
  }
  absl::StrAppend(&feed.json, R"(],"_count":)", feed.count, "}");
  if (request.method == "POST") {
    auto queried = QueryFeed(feed.json, request.body);
    if (!queried.ok()) {
      HttpResponse refused = ErrorAnswer(absl::IsUnimplemented(queried.status()) ? 501 : 400, 0,
                                         std::string(queried.status().message()));
      SetCharge(charges_.Metadata(), &refused);
      return refused;
    }
    feed = *std::move(queried);
  }
  const Offer* only = nullptr;
  for (const auto& offer : offers) {
    const std::string named = absl::StrCat("\"", offer->identity().rid, "\"");
    if (feed.count == 1 && feed.json.find(named) != std::string::npos) only = offer.get();
  }
  HttpResponse response = Answer(200, std::move(feed.json));
  response.Set(header::kItemCount, absl::StrCat(feed.count));
  if (only != nullptr) SetOfferHeaders(*only, &response);
  return response;
}

HttpResponse OfferRequests::One(const HttpRequest& request, std::string_view rid) const {
  for (const auto& offer : account_.Offers()) {
    if (offer->identity().rid != rid) continue;
    offer->Advance(MonotonicNs());
    if (request.method == "PUT") return Replace(request, offer.get());
    if (request.method != "GET") {
      return ErrorAnswer(405, 0,
                         absl::StrCat(std::string(request.method), " is not possible here"));
    }
    HttpResponse response = Answer(200, offer->Json());
    SetOfferHeaders(*offer, &response);
    return response;
  }
  HttpResponse response = ErrorAnswer(404, 0, "there is no such offer");
  SetCharge(charges_.Metadata(), &response);
  return response;
}

HttpResponse OfferRequests::Replace(const HttpRequest& request, Offer* offer) const {
  const absl::Status status =
      offer->Replace({.json = request.body,
                      .if_match = request.Header(header::kIfMatch),
                      .to_autoscale = request.HeaderIsTrue(header::kMigrateToAutopilot),
                      .to_manual = request.HeaderIsTrue(header::kMigrateToManual)},
                     MonotonicNs());
  if (!status.ok()) {
    HttpResponse refused = ErrorAnswer(StatusOf(status), 0, std::string(status.message()));
    SetCharge(charges_.Metadata(), &refused);
    SetOfferHeaders(*offer, &refused);
    return refused;
  }
  HttpResponse response = Answer(200, offer->Json());
  SetOfferHeaders(*offer, &response);
  return response;
}

}  // namespace weir::cosmos::emulator
