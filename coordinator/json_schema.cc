#include "coordinator/json_schema.h"

#include <google/protobuf/descriptor.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "coordinator/campaign_schema.h"
#include "proto/campaign.pb.h"

namespace weir {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;
using Json = nlohmann::ordered_json;

// Regular expressions for scalars that carry a unit; looser than the reader only in their bounds.
constexpr char kDurationPattern[] = "^(0|([0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h))+)$";
constexpr char kSizePattern[] = "^([0-9]+(\\.[0-9]+)?(B|kB|KB|MB|GB|KiB|MiB|GiB|TiB))+$";
constexpr char kRatePattern[] = "^[0-9]+(\\.[0-9]+)?/(ns|us|ms|s|m|h)$";
constexpr char kSecretPattern[] = "^\\$\\{(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)\\}$";

std::string Reference(const Descriptor& message) {
  return absl::StrCat("#/definitions/", message.name());
}

Json PatternSchema(const char* pattern) { return {{"type", "string"}, {"pattern", pattern}}; }

Json TextSchema(const FieldDescriptor& field) {
  Json schema = {{"type", "string"}};
  const std::string& pattern = RuleOf(field).pattern();
  if (!pattern.empty()) schema["pattern"] = absl::StrCat("^(?:", pattern, ")$");
  if (pattern.empty() && RuleOf(field).required()) schema["minLength"] = 1;
  return schema;
}

// A whole limit is written without a fraction.
Json LimitJson(double limit) {
  if (limit >= 0 && limit < 1e18 && limit == static_cast<double>(static_cast<uint64_t>(limit))) {
    return static_cast<uint64_t>(limit);
  }
  return limit;
}

Json NumberSchema(const FieldDescriptor& field, const char* type) {
  Json schema = {{"type", type}};
  const v1::FieldRule& rule = RuleOf(field);
  const bool whole = FormOf(field) == ValueForm::kWhole;
  if (rule.has_at_least() || whole) schema["minimum"] = LimitJson(RangeOf(field).at_least);
  if (rule.has_at_most() || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    schema["maximum"] = LimitJson(RangeOf(field).at_most);
  }
  return schema;
}

// The values, and under "oneOf" nothing: editors show "enumDescriptions" beside each value.
Json EnumSchema(const FieldDescriptor& field) {
  Json schema = {{"type", "string"}, {"enum", ValueNamesOf(*field.enum_type())}};
  std::vector<std::string> docs;
  bool any = false;
  for (const EnumValueDescriptor* value : ValuesOf(*field.enum_type())) {
    docs.push_back(ValueDoc(*value));
    any |= !docs.back().empty();
  }
  if (any) schema["enumDescriptions"] = docs;
  return schema;
}

bool NeedsSomething(const Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (RuleOf(*message.field(i)).required()) return true;
  }
  return RuleOf(message).exactly_one_of();
}

// A key without a value ("logs:") stands for a mapping of defaults, where there is nothing to
// require.
Json KeysSchema(const Descriptor& message) {
  if (NeedsSomething(message)) return {{"$ref", Reference(message)}};
  return {{"anyOf", Json::array({{{"$ref", Reference(message)}}, {{"type", "null"}}})}};
}

Json ValueSchema(const FieldDescriptor& field) {
  switch (FormOf(field)) {
    case ValueForm::kText:
      return TextSchema(field);
    case ValueForm::kBool:
      return {{"type", "boolean"}};
    case ValueForm::kWhole:
      return NumberSchema(field, "integer");
    case ValueForm::kNumber:
      return NumberSchema(field, "number");
    case ValueForm::kEnum:
      return EnumSchema(field);
    case ValueForm::kDuration:
      return PatternSchema(kDurationPattern);
    case ValueForm::kSize:
      return PatternSchema(kSizePattern);
    case ValueForm::kRate:
      return PatternSchema(kRatePattern);
    case ValueForm::kSecret:
      return PatternSchema(kSecretPattern);
    case ValueForm::kKeys:
      return KeysSchema(*field.message_type());
  }
  return Json::object();
}

// A default or an example, typed as the field is.
Json LiteralJson(const FieldDescriptor& field, const std::string& text) {
  switch (FormOf(field)) {
    case ValueForm::kBool:
      return text == "true";
    case ValueForm::kWhole: {
      uint64_t whole = 0;
      return absl::SimpleAtoi(text, &whole) ? Json(whole) : Json(text);
    }
    case ValueForm::kNumber: {
      double number = 0;
      return absl::SimpleAtod(text, &number) ? Json(number) : Json(text);
    }
    case ValueForm::kKeys:
      return Json::object();
    default:
      return text;
  }
}

Json FieldSchema(const FieldDescriptor& field) {
  const v1::FieldRule& rule = RuleOf(field);
  Json schema = Json::object();
  if (!rule.doc().empty()) schema["description"] = rule.doc();
  if (field.is_repeated()) {
    schema["type"] = "array";
    if (rule.required()) schema["minItems"] = 1;
    schema["items"] = ValueSchema(field);
  } else if (FormOf(field) == ValueForm::kKeys) {
    schema["allOf"] = Json::array({ValueSchema(field)});  // draft-07 ignores what is beside a $ref
  } else {
    schema.update(ValueSchema(field));
  }
  if (!rule.default_value().empty()) schema["default"] = LiteralJson(field, rule.default_value());
  if (!rule.example().empty())
    schema["examples"] = Json::array({LiteralJson(field, rule.example())});
  return schema;
}

Json OneofSchema(const OneofDescriptor& oneof) {
  Json choices = Json::array();
  for (const std::string& key : KeysOf(oneof)) choices.push_back({{"required", {key}}});
  return {{"oneOf", choices}};
}

void AddDefinition(const Descriptor& message, Json* definitions);

Json MessageSchema(const Descriptor& message, Json* definitions) {
  Json schema = {{"type", "object"}, {"additionalProperties", false}};
  if (!RuleOf(message).doc().empty()) schema["description"] = RuleOf(message).doc();
  Json required = Json::array();
  Json properties = Json::object();
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    properties[field.name()] = FieldSchema(field);
    if (RuleOf(field).required()) required.push_back(field.name());
    if (FormOf(field) == ValueForm::kKeys) AddDefinition(*field.message_type(), definitions);
  }
  schema["properties"] = properties;
  if (!required.empty()) schema["required"] = required;
  Json choices = Json::array();
  for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
    choices.push_back(OneofSchema(*message.oneof_decl(i)));
  }
  if (!choices.empty()) schema["allOf"] = choices;
  return schema;
}

void AddDefinition(const Descriptor& message, Json* definitions) {
  if (definitions->contains(message.name())) return;
  (*definitions)[message.name()] = Json::object();  // ends recursion
  Json schema = MessageSchema(message, definitions);
  (*definitions)[message.name()] = std::move(schema);
}

}  // namespace

std::string CampaignJsonSchema() {
  Json definitions = Json::object();
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Weir campaign"}};
  schema.update(MessageSchema(*v1::Campaign::descriptor(), &definitions));
  schema["definitions"] = definitions;
  return schema.dump(2) + "\n";
}

}  // namespace weir
