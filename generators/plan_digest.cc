// PlanDigest of operation_plan.h: what goes into it, in which order.
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include "backends/api/record_digest.h"
#include "generators/operation_plan.h"
#include "generators/schedule.h"
#include "generators/sha256.h"

namespace weir {
namespace {

constexpr uint64_t kSamples = 64;

// Every piece with its length, so that no two sequences of pieces are the same bytes.
class Digest {
 public:
  void Add(absl::string_view bytes) {
    Add(bytes.size());
    sha_.Update(bytes);
  }
  // Little-endian on every machine.
  void Add(uint64_t number) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(number);
      number >>= 8;
    }
    sha_.Update({bytes, sizeof(bytes)});
  }
  std::string Hex() { return sha_.Hex(); }

 private:
  Sha256 sha_;
};

std::string Serialize(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

// Of the scenario only what shapes the plan: not targets, timeouts, retries, thresholds.
std::string SettingsOf(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  v1::Campaign shaping;
  shaping.set_seed(campaign.seed());
  *shaping.mutable_dataset() = campaign.dataset();
  v1::Scenario* only = shaping.add_scenarios();
  only->set_name(scenario.name());
  *only->mutable_phases() = scenario.phases();
  *only->mutable_shape() = scenario.shape();
  *only->mutable_operations() = scenario.operations();
  *only->mutable_keys() = scenario.keys();
  return Serialize(shaping);
}

// The i-th of kSamples indices: the first ones, then further and further apart.
uint64_t Spread(uint64_t i) { return i < 32 ? i : (uint64_t{1} << (i - 27)) + i; }

void AddRecords(const Dataset& dataset, const Operation& operation, Digest* digest) {
  Record record;
  RecordDigest of_record;
  dataset.Make(operation.first_record, operation.revision, &record);
  of_record.Add(dataset.schema(), record);
  digest->Add(of_record.ToString());
}

void AddParameters(const Operation& operation, Digest* digest) {
  for (size_t i = 0; i < operation.parameters.size(); ++i) {
    const Value& value = operation.parameters[i];
    if (operation.query->parameters[i] == FieldType::kText) {
      digest->Add(absl::string_view(value.text().data(), value.text().size()));
    } else {
      digest->Add(static_cast<uint64_t>(value.integer()));
    }
  }
}

void AddOperations(const OperationPlan& plan, const Dataset& dataset, Digest* digest) {
  PlannedOperation planned;
  for (uint64_t i = 0; i < kSamples; ++i) {
    plan.Make(Spread(i), &planned);
    const Operation& operation = planned.operation;
    for (uint64_t number : {uint64_t{planned.type}, operation.first_record,
                            uint64_t{operation.records}, operation.revision}) {
      digest->Add(number);
    }
    operation.query != nullptr ? AddParameters(operation, digest)
                               : AddRecords(dataset, operation, digest);
  }
}

void AddStarts(const Schedule& schedule, Digest* digest) {
  digest->Add(schedule.size());
  for (uint64_t i = 0; i < kSamples; ++i) {
    const auto cursor = schedule.Cursor(Spread(i), 1);
    if (!cursor->done()) digest->Add(static_cast<uint64_t>(cursor->offset_ns()));
  }
}

}  // namespace

std::string PlanDigest(const v1::Campaign& campaign, const v1::Scenario& scenario,
                       const Dataset& dataset) {
  Digest digest;
  digest.Add(SettingsOf(campaign, scenario));
  // A plan that cannot be made is refused elsewhere, in words; here only the settings count then.
  const auto plan = MakeOperationPlan(campaign, scenario, dataset);
  if (plan.ok()) AddOperations(**plan, dataset, &digest);
  if (scenario.shape().has_open()) {
    const auto schedule = MakeSchedule(campaign, scenario);
    if (schedule.ok()) AddStarts(**schedule, &digest);
  }
  return digest.Hex();
}

}  // namespace weir
