// An option of the command line that takes a duration: "30s", "5m".
#pragma once

#include <cstdint>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace weir {

// What is no duration is refused by the command line's parser, in
// the words of ParseDuration.
CLI::Option* AddDuration(CLI::App* command, const std::string& name, int64_t* ns, const char* doc);

}  // namespace weir
