#include "backends/cosmos/emulator/sql/functions.h"

#include "absl/container/flat_hash_map.h"

namespace weir::cosmos::emulator::sql {

const Function* FindFunction(std::string_view name) {
  static const auto* const functions = [] {
    auto* const made = new absl::flat_hash_map<std::string_view, const Function*>();
    for (const auto& family : {StringFunctions(), ConversionFunctions(), MathFunctions(),
                               TypeFunctions(), ArrayFunctions(), DateFunctions()}) {
      for (const Function& function : family) made->emplace(function.name, &function);
    }
    return made;
  }();
  const auto found = functions->find(name);
  return found == functions->end() ? nullptr : found->second;
}

}  // namespace weir::cosmos::emulator::sql
