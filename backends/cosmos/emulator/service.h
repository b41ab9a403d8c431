// The REST surface of one account: checks the signature, finds the resource, answers. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/account.h"
#include "backends/cosmos/emulator/admin_requests.h"
#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/charge_explanation.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/offer_requests.h"
#include "backends/cosmos/wire/signature.h"

namespace weir::cosmos::emulator {

class Service {
 public:
  struct Settings {
    AccountSettings account;
    std::string consistency = "Session";
    ChargeCoefficients coefficients;
    bool admin = false;  // unsigned requests below /_weir are answered
    std::string charge_basis = "modelled";
    std::function<void(std::string_view line)> explain;  // as EmulatorOptions
  };

  Service(MasterKey key, Settings settings);

  // Never throws; every answer with a status of 400 or more has a JSON body.
  HttpResponse Answer(const HttpRequest& request);

 private:
  using Path = std::vector<std::string>;  // decoded: {"dbs", "D", "colls", "C"}

  bool IsAuthentic(const HttpRequest& request, const Path& path, HttpResponse* error) const;
  HttpResponse Route(const HttpRequest& request, const Path& path);
  HttpResponse AnswerDatabases(const HttpRequest& request, const Path& path);
  HttpResponse AnswerContainers(const HttpRequest& request, const Path& path);
  HttpResponse AnswerContainer(const HttpRequest& request, Container* container);
  HttpResponse AnswerRanges(const HttpRequest& request, const Container& container);
  HttpResponse AnswerItems(const HttpRequest& request, const Container& container,
                           const Path& path);
  void Explain(const HttpRequest& request, const ChargeExplanation& why,
               HttpResponse* response) const;
  std::string AccountJson(const HttpRequest& request) const;
  bool IsStrong(const HttpRequest& request) const;
  HttpResponse AnswerFeedQuery(std::string_view feed, const HttpRequest& request) const;
  HttpResponse Metadata(int status, std::string json) const;
  HttpResponse MetadataError(const absl::Status& status) const;

  const MasterKey key_;
  const Settings settings_;
  const ChargeModel charges_;
  Account account_;
  const OfferRequests offers_;
  AdminRequests admin_;
};

}  // namespace weir::cosmos::emulator
