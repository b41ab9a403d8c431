// The campaign's protobuf descriptor as a reader of campaigns sees it: keys, rules, enum values as
// they are spelled in YAML. What the reader, the JSON Schema and the reference have in common.
// Pure.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "proto/rules.pb.h"

namespace weir {

const v1::FieldRule& RuleOf(const google::protobuf::FieldDescriptor& field);
const v1::MessageRule& RuleOf(const google::protobuf::Descriptor& message);

// How a value is written, whatever its type in the schema.
enum class ValueForm {
  kText,
  kBool,
  kWhole,   // a whole number
  kNumber,  // any number
  kEnum,
  kDuration,
  kSize,
  kRate,
  kSecret,
  kKeys,  // a mapping: another message
};
ValueForm FormOf(const google::protobuf::FieldDescriptor& field);

// The range that a number may have: the rule's, narrowed to the type's.
struct Range {
  double at_least;
  double at_most;
};
Range RangeOf(const google::protobuf::FieldDescriptor& field);
// For people: "from 1 to 65535", "at least 1"; empty when only the type limits it.
std::string RangeText(const google::protobuf::FieldDescriptor& field);

std::vector<std::string> KeysOf(const google::protobuf::Descriptor& message);
// The keys of which one has to be given; empty unless the message has the rule exactly_one_of.
std::vector<std::string> KeysOf(const google::protobuf::OneofDescriptor& oneof);

// "verify_full" for TLS_MODE_VERIFY_FULL.
std::string ValueName(const google::protobuf::EnumValueDescriptor& value);
std::string ValueDoc(const google::protobuf::EnumValueDescriptor& value);
// The values that a campaign may name, in the order of the schema (never UNSPECIFIED).
std::vector<const google::protobuf::EnumValueDescriptor*> ValuesOf(
    const google::protobuf::EnumDescriptor& type);
std::vector<std::string> ValueNamesOf(const google::protobuf::EnumDescriptor& type);

// The field that names an item of a list of such messages; null when they have no names.
const google::protobuf::FieldDescriptor* NameFieldOf(const google::protobuf::Descriptor& message);

// "30", "0.99": a number as one would write it, without an exponent where that is possible.
std::string NumberText(double number);

}  // namespace weir
