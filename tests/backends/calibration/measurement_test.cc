#include "backends/cosmos/calibration/measurement.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <memory>
#include <string>

#include "backends/cosmos/calibration/charge_fit.h"
#include "backends/cosmos/emulator/emulator.h"
#include "backends/cosmos/gateway.h"
#include "base/random.h"

namespace weir::cosmos {
namespace {

constexpr char kKeyVariable[] = "WEIR_CALIBRATION_TEST_KEY";

class MeasurementTest : public ::testing::Test {
 protected:
  void Start(const EmulatorOptions& options) {
    auto started = Emulator::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    emulator_ = *std::move(started);
    setenv(kKeyVariable, std::string(kWellKnownEmulatorKey).c_str(), 1);
    options_.endpoint = emulator_->endpoint();
    options_.key.set_env(kKeyVariable);
    options_.database = "calibration";
    options_.throughput = 6000;
    options_.limits.most_ru = 100'000;
  }

  // The databases that the emulator has, as JSON.
  std::string Databases() const {
    v1::CosmosTarget target;
    target.set_endpoint(options_.endpoint);
    *target.mutable_key() = options_.key;
    const auto gateway = Gateway::FromTarget(target);
    OwnControlClient client(gateway.value());
    (*client).Begin(HttpMethod::kGet, gateway->databases);
    EXPECT_TRUE((*client).Perform("listing databases").ok());
    return (*client).exchange().answer();
  }

  bool IsEmpty() const { return Databases().find("\"_count\":0") != std::string::npos; }

  std::unique_ptr<Emulator> emulator_;
  MeasurementOptions options_;
};

// Every coefficient up to a third more or less; the line for large items stays the steeper one.
ChargeCoefficients Altered(uint64_t seed) {
  ChargeCoefficients altered;
  DrawStream draws(DeriveKey(seed, "alter"), 0);
  for (const Coefficient& each : Coefficients()) {
    altered.*each.value *= 0.75 + 0.6 * Unit(draws.Next());
  }
  altered.read_per_kb = std::min(altered.read_per_kb, 0.7 * altered.read_large_per_kb);
  altered.read_least = std::min(altered.read_least, altered.read_first_kb);
  return altered;
}

// Within what the rounding of single charges leaves open.
double Tolerance(std::string_view name, const ChargeCoefficients& c) {
  if (name == "quantum") return 0.0005;
  if (name == "throttled_quanta" || name == "strong_factor") return 0.06;
  if (name == "document_least" || name == "sorted_least") return 0.001;
  if (name == "write_per_kb") return 0.005;
  if (name.ends_with("per_kb")) return 0.001;
  if (name.starts_with("write") || name.starts_with("replace")) return 0.5 * c.quantum;
  return 0.011;
}

TEST_F(MeasurementTest, FindsTheCoefficientsOfAnAlteredEmulatorAgain) {
  for (const uint64_t seed : {11, 12, 13}) {
    EmulatorOptions altered;
    altered.coefficients = Altered(seed);
    ASSERT_NO_FATAL_FAILURE(Start(altered));
    const auto measured = MeasureCharges(options_);
    ASSERT_TRUE(measured.ok()) << measured.status();
    EXPECT_TRUE(measured->modelled);
    EXPECT_GT(measured->ru, 1000);
    const ChargeFit fit = FitCharges(measured->results.observations, {});
    for (size_t i = 0; i < fit.changes.size(); ++i) {
      const FittedCoefficient& each = fit.changes[i];
      // Nothing is throttled when the machine is slow, and the change feed is a part of its own.
      const bool may_lack = each.name == "throttled_quanta" || each.name == "change_feed_base";
      EXPECT_TRUE(each.determined || may_lack) << each.name << ", seed " << seed;
      if (!each.determined) continue;
      EXPECT_NEAR(each.after, altered.coefficients.*Coefficients()[i].value,
                  Tolerance(each.name, altered.coefficients))
          << each.name << ", seed " << seed;
    }
    EXPECT_TRUE(IsEmpty()) << Databases();
  }
}

TEST_F(MeasurementTest, RemovesWhatItMadeWhenItIsInterrupted) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  int requests = 0;
  options_.limits.stop = [&] { return ++requests > 40; };
  const auto measured = MeasureCharges(options_);
  EXPECT_TRUE(absl::IsCancelled(measured.status())) << measured.status();
  EXPECT_TRUE(IsEmpty()) << Databases();
}

TEST_F(MeasurementTest, StopsAtItsLimitOfRequestUnits) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  options_.limits.most_ru = 100;
  const auto measured = MeasureCharges(options_);
  EXPECT_TRUE(absl::IsResourceExhausted(measured.status())) << measured.status();
  EXPECT_TRUE(IsEmpty()) << Databases();
}

TEST_F(MeasurementTest, LeavesADatabaseThatWasThereBefore) {
  ASSERT_NO_FATAL_FAILURE(Start({}));
  options_.limits.most_ru = 100;
  options_.keep = true;
  EXPECT_FALSE(MeasureCharges(options_).ok());
  EXPECT_FALSE(IsEmpty());
  options_.keep = false;
  EXPECT_FALSE(MeasureCharges(options_).ok());
  EXPECT_FALSE(IsEmpty());
}

TEST_F(MeasurementTest, SaysThatTheKeyIsWrong) {
  EmulatorOptions other;
  other.key = "b3RoZXI=";
  ASSERT_NO_FATAL_FAILURE(Start(other));
  const auto measured = MeasureCharges(options_);
  EXPECT_TRUE(absl::IsUnauthenticated(measured.status())) << measured.status();
}

}  // namespace
}  // namespace weir::cosmos
