#include "agent/whereabouts.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "control/agent_exit.h"
#include "control/spool_reader.h"

#include "agent/machine.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir {
namespace {

std::string Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::filesystem::path SpoolFolder(const AgentOptions& options) {
  if (options.spool.empty()) return std::filesystem::temp_directory_path();
  return options.spool;
}

}  // namespace

absl::StatusOr<Whereabouts> ReadWhereabouts(const AgentOptions& options) {
  Whereabouts here;
  const bool awaits = !options.listen.empty();
  WEIR_ASSIGN_OR_RETURN(here.platform, ReadPlatform(Variable));
  if (awaits) {
    WEIR_ASSIGN_OR_RETURN(here.address, ParseControlAddress(options.listen));
  } else {
    WEIR_ASSIGN_OR_RETURN(here.coordinators, ParseControlAddresses(options.coordinator));
  }
  WEIR_ASSIGN_OR_RETURN(here.security,
                        ReadControlSecurity(options.security, ControlEnd::kAgent,
                                            awaits ? std::vector{here.address} : here.coordinators,
                                            awaits, WallUnixNs() / kNsPerSecond));
  return here;
}

v1::Hello MakeHello(const AgentOptions& options, const Whereabouts& here) {
  v1::Hello hello;
  hello.set_protocol(kControlProtocol);
  hello.set_incarnation(
      absl::StrCat(absl::Hex(WallUnixNs()), "-", getpid(), "-", absl::Hex(std::random_device()())));
  hello.set_join_token(here.security.token.Reveal());
  hello.set_run_wanted(options.run_id);
  const std::optional<uint32_t> index = options.index ? options.index : here.platform.index;
  if (index) hello.set_index_wanted(*index);
  hello.set_monotonic_ns(MonotonicNs());
  hello.set_wall_unix_ns(WallUnixNs());
  v1::AgentFacts* facts = hello.mutable_facts();
  *facts = ReadMachine();
  facts->set_name(options.name.empty() ? DefaultAgentName(facts->host(), getpid()) : options.name);
  facts->set_node(here.platform.node);
  facts->set_platform(here.platform.name);
  return hello;
}

std::string SpoolPath(const AgentOptions& options, const v1::Hello& hello) {
  return SpoolFolder(options) / absl::StrCat(kSpoolPrefix, hello.incarnation());
}

std::filesystem::path LetterFolder(const AgentOptions& options, const std::string& run_id) {
  if (!options.dead_letters.empty()) return options.dead_letters;
  return SpoolFolder(options) / "weir-dead-letters" / run_id;
}

}  // namespace weir
