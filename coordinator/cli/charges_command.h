// The emulator's charge model between its settings file and the emulator, and `weir cosmos
// charges`.
#pragma once

#include <string>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/charge.h"
#include "coordinator/cli/exit_code.h"
#include "proto/charges.pb.h"

namespace weir {

cosmos::ChargeCoefficients CoefficientsOf(const v1::Charges& charges);
v1::Charges ChargesOf(const cosmos::ChargeCoefficients& coefficients);

// What is said with each charge: "modelled", or "modelled; calibrated 2026-11-21 on ACCOUNT".
std::string ChargeBasisOf(const v1::Charges& charges);

// Problems of the file go to standard error, one line each; the status says how many.
absl::StatusOr<v1::Charges> ReadAndReportCharges(const std::string& path);

// Prints the settings of the file, or the defaults when `path` is empty, as such a file.
ExitCode ChargesCommand(const std::string& path);

}  // namespace weir
