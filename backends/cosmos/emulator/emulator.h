// A local server that speaks Cosmos DB's REST protocol, with request units by a published model and
// throughput per physical partition. It keeps everything in memory, or in a folder as well. Usable
// in-process by tests and as `weir cosmos-emulator`. Any thread; Stop once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/tls_identity.h"
#include "backends/cosmos/wire/signature.h"

namespace weir::cosmos {

struct EmulatorOptions {
  std::string host = "127.0.0.1";                        // a numeric address to listen on
  uint16_t port = 0;                                     // 0: any that is free
  std::string key = std::string(kWellKnownEmulatorKey);  // base64

  // Of containers created without a throughput, RU/s.
  int default_throughput = 400;
  // False: charges are reported and nothing is ever throttled.
  bool throttle = true;
  // Manual throughput of a new container is spread over ceil(RU/s ÷ this) physical partitions.
  int throughput_per_partition = 6000;
  // Containers have no offers and 5,000 RU/s each.
  bool serverless = false;
  // Partitions of less than 3,000 RU/s save what they do not spend, for up to five minutes.
  bool burst = false;
  // How long a change of throughput takes that needs more partitions.
  int64_t split_delay_ms = 10'000;
  // A partition that holds more bytes of items than this is split.
  uint64_t partition_bytes = 50'000'000'000;

  std::string default_consistency = "Session";  // of the account
  ChargeCoefficients coefficients;
  // Answers unsigned requests below /_weir: faults, splits, the state of partitions
  // (docs/cosmos-emulator.md).
  bool admin = false;
  // Stated with every answer (x-weir-charge-basis); begins with "modelled".
  std::string charge_basis = "modelled";
  // Told how each request's charge came about, one line each without an end of line; called by the
  // threads that answer, several at once. Null: nobody is told, and nothing is computed for it.
  std::function<void(std::string_view line)> explain;

  // Everything acknowledged is kept here and found again at the next start; in memory when empty.
  std::string data_folder;
  uint64_t compact_after_bytes = uint64_t{64} << 20;  // of the folder's journal

  TlsIdentity tls;  // serves https:// with it; http:// when empty

  int threads = 0;  // that answer requests; 0: one per core
};

class Emulator {
 public:
  // kInvalidArgument for a key that is not base64, kUnavailable when the address cannot be had.
  static absl::StatusOr<std::unique_ptr<Emulator>> Start(const EmulatorOptions& options);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  uint16_t port() const;
  std::string endpoint() const;  // "http://127.0.0.1:8081/", https:// with TLS

  // What stands at the head of a log or of a report: where it listens, and that its request units
  // are modelled.
  std::string Banner() const;

  // Answers what it has received and closes. Later calls do nothing.
  void Stop();

 private:
  class Server;
  explicit Emulator(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace weir::cosmos
