// Carries out patches on stored items: condition, operations, and whether what comes of it is still
// an item of the container. One thread's; the partition's mutex must be held.
#pragma once

#include <simdjson.h>

#include <string>

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/document.h"
#include "backends/cosmos/emulator/patch.h"

namespace weir::cosmos::emulator {

class ItemEditor {
 public:
  // A message of the outcome is valid until the next call.
  ItemOutcome Run(const Container& container, Partition* partition, const Patch& patch,
                  const EffectivePartitionKey& key, std::string_view id,
                  const Conditions& conditions);

 private:
  // Fills view_ with the item as it shall be: 200, or the status of a refusal with message_.
  int Edit(const Container& container, const Patch& patch, const StoredDocument& document);
  int Refuse(int status, std::string message);

  simdjson::dom::parser parser_;
  DocumentReader reader_;
  DocumentView view_;
  std::string text_;
  std::string message_;
};

}  // namespace weir::cosmos::emulator
