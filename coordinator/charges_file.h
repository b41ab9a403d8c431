// The settings file of the Cosmos DB emulator's charge model: YAML by the schema of
// proto/charges.proto. Read as a campaign is, every problem at once with its place. Pure but for
// the file itself.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "coordinator/problem.h"
#include "proto/charges.pb.h"

namespace weir {

struct ChargesReading {
  v1::Charges charges;  // defaults filled in; meaningful when problems is empty
  std::vector<Problem> problems;
};

ChargesReading ReadChargesFile(const std::string& path);
ChargesReading ReadChargesText(const std::string& text, const std::string& file_name);

// The settings as such a file, what each means in a comment above it. Numbers read back as they
// were.
std::string ChargesText(const v1::Charges& charges);

// Writes the file as a whole or not at all.
absl::Status WriteChargesFile(const v1::Charges& charges, const std::string& path);

}  // namespace weir
