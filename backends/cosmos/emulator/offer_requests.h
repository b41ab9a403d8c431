// Requests on offers: the feed, queries, one of them, its replacement. Any thread.
#pragma once

#include <string_view>

#include "backends/cosmos/emulator/account.h"
#include "backends/cosmos/emulator/http_server.h"

namespace weir::cosmos::emulator {

class OfferRequests {
 public:
  explicit OfferRequests(const Account& account, const ChargeModel& charges)
      : account_(account), charges_(charges) {}

  // GET and POST (a query) /offers. What has no offer of its own is not found.
  HttpResponse Find(const HttpRequest& request) const;
  // GET and PUT /offers/rid.
  HttpResponse One(const HttpRequest& request, std::string_view rid) const;

 private:
  HttpResponse Answer(int status, std::string json) const;
  HttpResponse Replace(const HttpRequest& request, Offer* offer) const;

  const Account& account_;
  const ChargeModel& charges_;
};

}  // namespace weir::cosmos::emulator
