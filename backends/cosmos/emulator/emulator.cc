#include "backends/cosmos/emulator/emulator.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/durable_store.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/service.h"
#include "base/disk.h"
#include "base/status.h"

namespace weir::cosmos {

class Emulator::Server {
 public:
  Server(MasterKey key, const EmulatorOptions& options)
      : options_(options),
        service_(std::move(key), {.account = {.default_throughput = options.default_throughput,
                                              .throughput_per_partition =
                                                  std::max(1, options.throughput_per_partition),
                                              .throttle = options.throttle,
                                              .serverless = options.serverless,
                                              .burst = options.burst,
                                              .split_delay_ns = options.split_delay_ms * kNsPerMs,
                                              .partition_bytes = options.partition_bytes},
                                  .consistency = options.default_consistency,
                                  .tls = !options.tls.certificate.empty(),
                                  .coefficients = options.coefficients,
                                  .admin = options.admin,
                                  .charge_basis = options.charge_basis,
                                  .explain = options.explain}) {}

  absl::Status Open() {
    if (options_.data_folder.empty()) return absl::OkStatus();
    emulator::RecordedState recorded;
    WEIR_ASSIGN_OR_RETURN(
        store_, emulator::DurableStore::Open(disk_.get(),
                                             {.folder = options_.data_folder,
                                              .compact_after_bytes = options_.compact_after_bytes},
                                             &recorded));
    return service_.KeepIn(store_.get(), &recorded);
  }

  absl::Status Listen() {
    const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    WEIR_ASSIGN_OR_RETURN(http_, emulator::HttpServer::Start(
                                     {.host = options_.host,
                                      .port = options_.port,
                                      .threads = options_.threads > 0 ? options_.threads : cores,
                                      .tls = options_.tls,
                                      .gate = store_.get()},
                                     [this](const emulator::HttpRequest& request) {
                                       return service_.Answer(request);
                                     }));
    return absl::OkStatus();
  }

  void Stop() {
    if (http_ != nullptr) http_->Stop();
    store_.reset();  // after the last request
  }
  uint16_t port() const { return http_->port(); }
  const EmulatorOptions& options() const { return options_; }

 private:
  const EmulatorOptions options_;
  const std::unique_ptr<Disk> disk_ = MakePosixDisk();
  emulator::Service service_;
  std::unique_ptr<emulator::DurableStore> store_;  // reads from the service: goes before it
  std::unique_ptr<emulator::HttpServer> http_;     // stops before the service goes
};

absl::StatusOr<std::unique_ptr<Emulator>> Emulator::Start(const EmulatorOptions& options) {
  WEIR_ASSIGN_OR_RETURN(MasterKey key, MasterKey::FromBase64(options.key));
  auto server = std::make_unique<Server>(std::move(key), options);
  WEIR_RETURN_IF_ERROR(Annotate(server->Open(), "starting the Cosmos DB emulator"));
  WEIR_RETURN_IF_ERROR(Annotate(server->Listen(), "starting the Cosmos DB emulator"));
  return std::unique_ptr<Emulator>(new Emulator(std::move(server)));
}

Emulator::Emulator(std::unique_ptr<Server> server) : server_(std::move(server)) {}
Emulator::~Emulator() { Stop(); }

void Emulator::Stop() { server_->Stop(); }

uint16_t Emulator::port() const { return server_->port(); }

std::string Emulator::endpoint() const {
  const char* scheme = server_->options().tls.certificate.empty() ? "http://" : "https://";
  return absl::StrCat(scheme, server_->options().host, ":", port(), "/");
}

std::string Emulator::Banner() const {
  const EmulatorOptions& options = server_->options();
  return absl::StrCat("Cosmos DB emulator of Weir on ", endpoint(), " (request units are ",
                      options.charge_basis, ", not Azure's meter; ",
                      options.throttle ? "throttles" : "does not throttle", ", ",
                      options.default_throughput, " RU/s unless a container says otherwise)");
}

}  // namespace weir::cosmos
