#include "coordinator/cli/run_conditions.h"

#include "base/version.h"
#include "generators/sha256.h"

namespace weir {
namespace {

v1::Condition Make(const char* group, const char* name, std::string value) {
  v1::Condition condition;
  condition.set_group(group);
  condition.set_name(name);
  condition.set_value(std::move(value));
  return condition;
}

}  // namespace

std::vector<v1::Condition> RunConditions(const std::string& text) {
  Sha256 digest;
  digest.Update(text);
  return {Make("build", "compiler", std::string(Compiler())),
          Make("build", "compiler flags", std::string(CompilerFlags())),
          Make("campaign", "SHA-256", digest.Hex())};
}

}  // namespace weir
