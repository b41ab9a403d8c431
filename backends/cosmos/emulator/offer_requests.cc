#include "backends/cosmos/emulator/offer_requests.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

// Whether the text names it as a whole: a database's link begins those of its containers.
bool Names(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    if (end < text.size() && (text[end] == '"' || text[end] == '\\' || text[end] == '\'')) {
      return true;
    }
  }
  return false;
}

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
  const bool is_query = request.method == "POST";
  const int64_t now_ns = MonotonicNs();
  std::string json = R"({"_rid":"","Offers":[)";
  int count = 0;
  std::shared_ptr<Offer> found;
  for (const auto& offer : account_.Offers()) {
    const Offer::Identity& identity = offer->identity();
    if (is_query && !Names(request.body, identity.resource) &&
        !Names(request.body, identity.resource_rid) && !Names(request.body, identity.rid)) {
      continue;
    }
    offer->Advance(now_ns);
    absl::StrAppend(&json, count++ > 0 ? "," : "", offer->Json());
    found = offer;
  }
  absl::StrAppend(&json, R"(],"_count":)", count, "}");
  HttpResponse response = Answer(200, std::move(json));
  response.Set(header::kItemCount, absl::StrCat(count));
  if (is_query && count == 1) SetOfferHeaders(*found, &response);
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
