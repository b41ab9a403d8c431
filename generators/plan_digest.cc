// PlanDigest of operation_plan.h: what goes into it, in which order.
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include "backends/api/record_digest.h"
#include "base/check.h"
#include "generators/operation_plan.h"
#include "generators/schedule.h"

namespace weir {
namespace {

constexpr uint64_t kSamples = 64;

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    WEIR_CHECK(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void Add(absl::string_view bytes) {
    Add(bytes.size());
    WEIR_CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  // Little-endian on every machine.
  void Add(uint64_t number) {
    unsigned char bytes[8];
    for (unsigned char& byte : bytes) {
      byte = static_cast<unsigned char>(number);
      number >>= 8;
    }
    WEIR_CHECK(EVP_DigestUpdate(context_.get(), bytes, sizeof(bytes)) == 1);
  }
  std::string Hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    WEIR_CHECK(EVP_DigestFinal_ex(context_.get(), digest, &size) == 1);
    return absl::BytesToHexString({reinterpret_cast<const char*>(digest), size});
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
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

void AddRecords(const Dataset& dataset, const Operation& operation, Sha256* sha) {
  Record record;
  RecordDigest digest;
  dataset.Make(operation.first_record, operation.revision, &record);
  digest.Add(dataset.schema(), record);
  sha->Add(digest.ToString());
}

void AddParameters(const Operation& operation, Sha256* sha) {
  for (size_t i = 0; i < operation.parameters.size(); ++i) {
    const Value& value = operation.parameters[i];
    if (operation.query->parameters[i] == FieldType::kText) {
      sha->Add(absl::string_view(value.text().data(), value.text().size()));
    } else {
      sha->Add(static_cast<uint64_t>(value.integer()));
    }
  }
}

void AddOperations(const OperationPlan& plan, const Dataset& dataset, Sha256* sha) {
  PlannedOperation planned;
  for (uint64_t i = 0; i < kSamples; ++i) {
    plan.Make(Spread(i), &planned);
    const Operation& operation = planned.operation;
    for (uint64_t number : {uint64_t{planned.type}, operation.first_record,
                            uint64_t{operation.records}, operation.revision}) {
      sha->Add(number);
    }
    operation.query != nullptr ? AddParameters(operation, sha)
                               : AddRecords(dataset, operation, sha);
  }
}

void AddStarts(const Schedule& schedule, Sha256* sha) {
  sha->Add(schedule.size());
  for (uint64_t i = 0; i < kSamples; ++i) {
    const auto cursor = schedule.Cursor(Spread(i), 1);
    if (!cursor->done()) sha->Add(static_cast<uint64_t>(cursor->offset_ns()));
  }
}

}  // namespace

std::string PlanDigest(const v1::Campaign& campaign, const v1::Scenario& scenario,
                       const Dataset& dataset) {
  Sha256 sha;
  sha.Add(SettingsOf(campaign, scenario));
  // A plan that cannot be made is refused elsewhere, in words; here only the settings count then.
  const auto plan = MakeOperationPlan(campaign, scenario, dataset);
  if (plan.ok()) AddOperations(**plan, dataset, &sha);
  if (scenario.shape().has_open()) {
    const int64_t duration = scenario.phases().warm_up().ns() + scenario.phases().measure().ns();
    const auto schedule = MakeSchedule(scenario.shape().open(), duration, campaign.seed());
    if (schedule.ok()) AddStarts(**schedule, &sha);
  }
  return sha.Hex();
}

}  // namespace weir
