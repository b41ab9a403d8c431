#include "coordinator/json_schema.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Json = nlohmann::json;

Json Schema() { return Json::parse(CampaignJsonSchema()); }

TEST(JsonSchema, IsADraft7SchemaOfAnObject) {
  EXPECT_EQ(Schema()["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(Schema()["type"], "object");
  EXPECT_EQ(Schema()["additionalProperties"], false);
  EXPECT_EQ(Schema()["required"], Json({"name", "dataset", "targets", "scenarios"}));
}

TEST(JsonSchema, DescribesEachRule) {
  const Json postgres = Schema()["definitions"]["PostgresTarget"]["properties"];
  EXPECT_EQ(postgres["port"]["type"], "integer");
  EXPECT_EQ(postgres["port"]["minimum"], 1);
  EXPECT_EQ(postgres["port"]["maximum"], 65535);
  EXPECT_EQ(postgres["port"]["default"], 5432);
  EXPECT_EQ(postgres["unlogged"]["default"], false);
  EXPECT_EQ(postgres["tls"]["enum"][4], "verify_full");
  EXPECT_EQ(postgres["table"]["pattern"], "^(?:[a-z_][a-z0-9_]{0,62})$");
  EXPECT_EQ(postgres["host"]["description"], "Host name, address or socket directory.");
  EXPECT_EQ(postgres["batch_insert"]["enumDescriptions"].size(), 2u);
}

TEST(JsonSchema, WantsExactlyOneBackend) {
  const Json target = Schema()["definitions"]["Target"];
  EXPECT_EQ(target["allOf"][0]["oneOf"].size(), 4u);
  EXPECT_EQ(target["allOf"][0]["oneOf"][2]["required"][0], "postgres");
}

TEST(JsonSchema, EveryReferenceLeadsSomewhere) {
  const Json schema = Schema();
  std::function<void(const Json&)> visit = [&](const Json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const std::string reference = node["$ref"];
      EXPECT_TRUE(schema.contains(Json::json_pointer(reference.substr(1)))) << reference;
    }
    if (node.is_structured()) {
      for (const Json& child : node) visit(child);
    }
  };
  visit(schema);
}

}  // namespace
}  // namespace weir
