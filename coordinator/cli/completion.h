// Shell completion scripts, made from the shape of the command line. Pure.
#pragma once

#include <string>
#include <vector>

namespace weir {

struct OptionShape {
  std::vector<std::string> names;  // "--set", "-o"; empty for a positional
  std::string doc;
  bool takes_value = false;
  bool takes_path = false;
  std::vector<std::string> choices;
};

struct CommandShape {
  std::string name;
  std::string doc;
  std::vector<OptionShape> options;
  std::vector<CommandShape> commands;
};

// `shell`: bash, zsh or fish; empty for any other.
std::string CompletionScript(const CommandShape& program, const std::string& shell);

}  // namespace weir
