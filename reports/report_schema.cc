#include "reports/report_schema.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"

#include "proto/results.pb.h"
#include "reports/metrics.h"
#include "reports/summary_columns.h"

namespace weir {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

const Json kText = {{"type", "string"}};
const Json kTexts = {{"type", "array"}, {"items", kText}};
// A number, null where there is none, or "Infinity" for a quantile among operations without
// success.
const Json kMetricValue = {{"type", {"number", "null", "string"}}, {"pattern", "^Infinity$"}};

Json Object(Json properties) {
  Json required = Json::array();
  for (const auto& [name, schema] : properties.items()) required.push_back(name);
  return {{"type", "object"},
          {"properties", std::move(properties)},
          {"required", std::move(required)},
          {"additionalProperties", false}};
}

Json ArrayOf(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }

Json EnumSchema(const EnumDescriptor& type) {
  Json names = Json::array();
  for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
  return {{"type", "string"}, {"enum", std::move(names)}};
}

// Protobuf's own mapping to JSON: whole numbers of 64 bits are strings of digits.
Json ScalarSchema(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_UINT64:
      return {{"type", "string"}, {"pattern", "^-?[0-9]+$"}};
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
      return {{"type", "integer"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return {{"type", {"number", "string"}}, {"pattern", "^(NaN|-?Infinity)$"}};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumSchema(*field.enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return {{"$ref", absl::StrCat("#/definitions/", field.message_type()->name())}};
    case FieldDescriptor::CPPTYPE_STRING:
      break;
  }
  if (field.type() == FieldDescriptor::TYPE_BYTES) {
    return {{"type", "string"}, {"contentEncoding", "base64"}};
  }
  return kText;
}

// A message that is not set is null, or left out where it belongs to a choice.
Json MessageSchema(const Descriptor& message) {
  Json properties = Json::object();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    Json schema = ScalarSchema(field);
    const bool single_message =
        !field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated()) schema = ArrayOf(std::move(schema));
    if (single_message) schema = {{"anyOf", {std::move(schema), {{"type", "null"}}}}};
    properties[field.name()] = std::move(schema);
  }
  return {
      {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
}

void Define(const Descriptor& message, Json* definitions) {
  if (definitions->contains(message.name())) return;
  (*definitions)[message.name()] = MessageSchema(message);
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (field.message_type() != nullptr) Define(*field.message_type(), definitions);
  }
}

Json SummarySchema() {
  Json columns = Json::object();
  for (const IdentityColumn& column : IdentityColumns()) {
    Json schema = kText;
    schema["description"] = column.doc;
    columns[std::string(column.name)] = std::move(schema);
  }
  for (const Metric& metric : Metrics()) {
    Json schema = kMetricValue;
    schema["description"] = absl::StrCat(metric.doc, " Unit: ", UnitName(metric.unit), ".");
    columns[std::string(metric.name)] = std::move(schema);
  }
  return ArrayOf(Object(std::move(columns)));
}

Json UnitsSchema() {
  Json units = Json::object();
  for (const Metric& metric : Metrics()) units[std::string(metric.name)] = kText;
  return Object(std::move(units));
}

Json TableSchema() { return Object({{"columns", kTexts}, {"rows", ArrayOf({{"type", "array"}})}}); }

Json SeriesSchema() {
  return ArrayOf(Object({{"scenario", kText},
                         {"target", kText},
                         {"columns", kTexts},
                         {"rows", ArrayOf({{"type", "array"}})},
                         {"partitions", TableSchema()},
                         {"resources", TableSchema()},
                         {"processes", TableSchema()}}));
}

}  // namespace

std::string ReportJsonSchema() {
  Json definitions = Json::object();
  Define(*v1::RunResult::descriptor(), &definitions);
  Json schema = Object(
      {{"verdict",
        Object({{"validity", kText}, {"reasons", kTexts}, {"overridden_gates", kTexts}})},
       {"schema", {{"const", kReportSchema}}},
       {"units", UnitsSchema()},
       {"summary", SummarySchema()},
       {"within_run_95", ArrayOf(Object({{"scenario", kText},
                                         {"target", kText},
                                         {"round", {{"type", "integer"}}},
                                         {"metric", kText},
                                         {"low", kMetricValue},
                                         {"high", kMetricValue}}))},
       {"disclosure", ArrayOf(Object({{"subject", kText}, {"item", kText}, {"value", kText}}))},
       {"series", SeriesSchema()},
       {"run", {{"$ref", "#/definitions/RunResult"}}}});
  Json whole = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                {"title", "report.json of Weir"}};
  whole.update(schema);
  whole["definitions"] = std::move(definitions);
  return whole.dump(2) + "\n";
}

}  // namespace weir
