#include "agent/limit_options.h"

#include "CLI/CLI.hpp"

namespace weir {
namespace {

constexpr char kGroup[] = "What no campaign can lift";

void AddRate(CLI::App* app, const char* name, double* rate, const char* doc) {
  app->add_option_function<std::string>(
         name,
         [rate](const std::string& text) {
           const absl::StatusOr<double> parsed = ParsePerSecond(text);
           if (!parsed.ok()) throw CLI::ValidationError(std::string(parsed.status().message()));
           *rate = *parsed;
         },
         doc)
      ->type_name("RATE")
      ->group(kGroup);
}

}  // namespace

void AddLimitOptions(CLI::App* app, OperatorLimits* limits) {
  app->add_option("--allow-target", limits->targets,
                  "HOST[:PORT] or a socket's folder that may be loaded; again for each, or 'any'. "
                  "Needed unless the coordinator is on this machine")
      ->allow_extra_args(false)
      ->group(kGroup);
  AddRate(app, "--most-operations", &limits->operations_per_second,
          "Operations per second of this agent, retries included, as in 5000/s");
  AddRate(app, "--most-ru", &limits->ru_per_second,
          "Request units per second of this agent, as in 40000/s");
  app->add_option("--secrets-folder", limits->secrets_folder,
                  "Where the secrets and certificates must be that a campaign names by file "
                  "(default: anywhere; nowhere when the coordinator is on another machine)")
      ->group(kGroup);
  app->add_option("--data-folder", limits->data_folder,
                  "Where SQLite databases and recorded arrivals must be (default: as above)")
      ->group(kGroup);
}

}  // namespace weir
