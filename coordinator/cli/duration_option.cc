#include "coordinator/cli/duration_option.h"

#include <CLI/CLI.hpp>

#include "coordinator/quantity.h"

namespace weir {

CLI::Option* AddDuration(CLI::App* command, const std::string& name, int64_t* ns, const char* doc) {
  const auto take = [ns, name](const std::string& text) {
    const auto duration = ParseDuration(text);
    if (!duration.ok()) {
      throw CLI::ValidationError(name, std::string(duration.status().message()));
    }
    *ns = duration->ns();
  };
  return command->add_option_function<std::string>(name, take, doc)->type_name("DURATION");
}

}  // namespace weir
