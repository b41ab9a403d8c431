#include "coordinator/cli/command_shape.h"

#include <CLI/CLI.hpp>

namespace weir {
namespace {

OptionShape ShapeOf(const CLI::Option& option) {
  OptionShape shape;
  for (const std::string& name : option.get_snames()) shape.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) shape.names.push_back("--" + name);
  shape.doc = option.get_description();
  shape.takes_value = option.get_items_expected_max() > 0;
  const std::string& type = option.get_type_name();
  shape.takes_path = type.starts_with("PATH:") || type == "PATH" || type.starts_with("DIR") ||
                     type.starts_with("FILE") || type.find(".yaml") != std::string::npos;
  const size_t open = type.find('{');
  if (open != std::string::npos) {
    shape.choices = CLI::detail::split(type.substr(open + 1, type.find('}') - open - 1), ',');
  }
  return shape;
}

}  // namespace

CommandShape ShapeOf(const CLI::App& app) {
  CommandShape shape{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) shape.options.push_back(ShapeOf(*option));
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    shape.commands.push_back(ShapeOf(*child));
  }
  return shape;
}

}  // namespace weir
