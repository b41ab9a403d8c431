// The REST surface of one account: checks the signature, finds the resource, answers. Any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/account.h"
#include "backends/cosmos/emulator/admin_requests.h"
#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/charge_explanation.h"
#include "backends/cosmos/emulator/durable_store.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/journal_records.h"
#include "backends/cosmos/emulator/offer_requests.h"
#include "backends/cosmos/emulator/resource_path.h"
#include "backends/cosmos/wire/signature.h"

namespace weir::cosmos::emulator {

class Service {
 public:
  struct Settings {
    AccountSettings account;
    std::string consistency = "Session";
    bool tls = false;  // the account's endpoints are https://
    ChargeCoefficients coefficients;
    bool admin = false;  // unsigned requests below /_weir are answered
    std::string charge_basis = "modelled";
    std::function<void(std::string_view line)> explain;  // as EmulatorOptions
  };

  Service(const MasterKey& key, Settings settings);

  // Becomes what was recorded, then keeps what changes in the store, which outlives the service's
  // requests but not the service. Once, before there are requests; kDataLoss when the records do
  // not fit together.
  absl::Status KeepIn(DurableStore* store, RecordedState* recorded);

  // Never throws; every answer with a status of 400 or more has a JSON body.
  HttpResponse Answer(const HttpRequest& request);

 private:
  using Path = ResourcePath;

  // A request that made, replaced or removed a database, a container or an offer.
  struct Command {
    RecordedCommand recorded;
    Path target;  // what it made, replaced or removed
  };

  // durable_service.cc
  HttpResponse RouteDurably(const HttpRequest& request, const Path& path);
  HttpResponse AnswerCommand(const HttpRequest& request, const Path& path);
  absl::Status Repeat(const RecordedCommand& command);
  std::shared_ptr<Offer> FindOffer(const Path& path) const;
  void Remember(RecordedCommand command, const Path& path);
  void WriteState(absl::FunctionRef<void(std::string_view record)> write);

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
  DurableStore* store_ = nullptr;  // null: everything is kept in memory only
  std::mutex commands_mutex_;      // one command at a time when there is a store
  uint64_t last_sequence_ = 0;     // guarded by it, as commands_
  std::vector<Command> commands_;  // guarded by it: what makes up the account
};

}  // namespace weir::cosmos::emulator
