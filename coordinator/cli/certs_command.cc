#include "coordinator/cli/certs_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/clock.h"
#include "coordinator/certificates.h"

namespace weir {
namespace {

constexpr int64_t kSecondsPerDay = 86'400;

}  // namespace

void AddCertsOptions(CLI::App* command, CertsOptions* options) {
  command
      ->add_option("--out", options->out, "Folder to write into; a set that is there is replaced")
      ->required()
      ->type_name("DIR");
  command->add_option("--days", options->days, "How long they are valid")
      ->check(CLI::Range(1, 3650))
      ->capture_default_str()
      ->type_name("N");
  command->footer(
      "Writes ca.crt, coordinator.crt and .key, agent.crt and .key, relay.crt and .key, and\n"
      "join-token, readable by you alone. Make a set for each run, or each fleet: the authority's\n"
      "key is thrown away.\n\n"
      "Example:\n"
      "  weir certs --out certs\n"
      "  weir run my.yaml --listen 0.0.0.0:7070 --expect-agents 12 --tls certs");
}

ExitCode CertsCommand(const CertsOptions& options) {
  const auto set = MintCertificates(options.days * kSecondsPerDay, WallUnixNs() / kNsPerSecond);
  const absl::Status written = set.ok() ? WriteCertificates(*set, options.out) : set.status();
  if (!written.ok()) {
    std::fprintf(stderr, "weir certs: %s\n", std::string(written.message()).c_str());
    return kExitFailure;
  }
  std::printf(
      "%s: certificates and a join token for %d day%s; the authority's key was not kept\n"
      "coordinator: weir run CAMPAIGN --listen HOST:PORT --expect-agents N --tls %s\n"
      "each agent:  weir-agent --coordinator HOST:PORT --tls DIR, with ca.crt, agent.crt, "
      "agent.key and join-token in DIR\n",
      options.out.c_str(), options.days, options.days == 1 ? "" : "s", options.out.c_str());
  return kExitValid;
}

}  // namespace weir
