#include "backends/catalog.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "proto/campaign.pb.h"
#include "tests/support/sample_records.h"

namespace weir {
namespace {

// A target with its oneof set to this backend and no more.
v1::Target TargetOf(const google::protobuf::FieldDescriptor* backend) {
  v1::Target target;
  target.set_name("any");
  target.GetReflection()->MutableMessage(&target, backend);
  return target;
}

TEST(Catalog, KnowsEveryBackendOfTheSchema) {
  const SampleRecords records;
  const auto* backends = v1::Target::descriptor()->FindOneofByName("backend");
  ASSERT_NE(backends, nullptr);
  ASSERT_GE(backends->field_count(), 4);
  for (int i = 0; i < backends->field_count(); ++i) {
    v1::Target target = TargetOf(backends->field(i));
    if (target.has_sqlite()) target.mutable_sqlite()->set_path(":memory:");
    if (target.has_cosmos()) {
      setenv("WEIR_TEST_KEY", "a2V5", 1);  // base64
      target.mutable_cosmos()->mutable_key()->set_env("WEIR_TEST_KEY");
      target.mutable_cosmos()->set_endpoint("http://127.0.0.1:1/");
    }
    EXPECT_EQ(BackendName(target), backends->field(i)->name());
    const auto backend = MakeBackend(target, records);
    EXPECT_TRUE(backend.ok()) << backends->field(i)->name() << ": " << backend.status();
  }
}

TEST(Catalog, RefusesATargetWithoutABackend) {
  const SampleRecords records;
  EXPECT_EQ(BackendName(v1::Target()), "none");
  EXPECT_EQ(MakeBackend(v1::Target(), records).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir
