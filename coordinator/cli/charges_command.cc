#include "coordinator/cli/charges_command.h"

#include <google/protobuf/descriptor.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "coordinator/charges_file.h"

namespace weir {
namespace {

const google::protobuf::FieldDescriptor* FieldOf(const cosmos::Coefficient& coefficient) {
  const auto* field = v1::Charges::descriptor()->FindFieldByName(std::string(coefficient.name));
  WEIR_CHECK(field != nullptr);
  return field;
}

}  // namespace

cosmos::ChargeCoefficients CoefficientsOf(const v1::Charges& charges) {
  cosmos::ChargeCoefficients coefficients;
  for (const cosmos::Coefficient& each : cosmos::Coefficients()) {
    coefficients.*each.value = charges.GetReflection()->GetDouble(charges, FieldOf(each));
  }
  return coefficients;
}

v1::Charges ChargesOf(const cosmos::ChargeCoefficients& coefficients) {
  v1::Charges charges;
  for (const cosmos::Coefficient& each : cosmos::Coefficients()) {
    charges.GetReflection()->SetDouble(&charges, FieldOf(each), coefficients.*each.value);
  }
  return charges;
}

std::string ChargeBasisOf(const v1::Charges& charges) {
  if (!charges.has_calibrated()) return "modelled";
  return absl::StrCat("modelled; calibrated ", charges.calibrated().date(), " on ",
                      charges.calibrated().account());
}

absl::StatusOr<v1::Charges> ReadAndReportCharges(const std::string& path) {
  const ChargesReading reading = ReadChargesFile(path);
  for (const Problem& problem : reading.problems) {
    std::fprintf(stderr, "%s\n", ToString(problem).c_str());
  }
  if (reading.problems.empty()) return reading.charges;
  const size_t count = reading.problems.size();
  return absl::InvalidArgumentError(
      absl::StrCat(count, count == 1 ? " problem in " : " problems in ", path));
}

ExitCode ChargesCommand(const std::string& path) {
  v1::Charges charges = ChargesOf({});
  if (!path.empty()) {
    const auto read = ReadAndReportCharges(path);
    if (!read.ok()) return kExitUsage;
    charges = *read;
  }
  std::fputs(ChargesText(charges).c_str(), stdout);
  return kExitValid;
}

}  // namespace weir
