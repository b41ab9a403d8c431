#include "coordinator/campaign_schema.h"

#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/check.h"

namespace weir {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

namespace {

// "TLS_MODE_" for TlsMode.
std::string PrefixOf(const EnumDescriptor& type) {
  std::string prefix;
  for (char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + '_';
}

ValueForm FormOfMessage(const Descriptor& message) {
  if (&message == v1::Duration::descriptor()) return ValueForm::kDuration;
  if (&message == v1::Size::descriptor()) return ValueForm::kSize;
  if (&message == v1::Rate::descriptor()) return ValueForm::kRate;
  if (&message == v1::Secret::descriptor()) return ValueForm::kSecret;
  return ValueForm::kKeys;
}

Range RangeOfType(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32:
      return {0, std::numeric_limits<uint32_t>::max()};
    case FieldDescriptor::CPPTYPE_UINT64:
      return {0, static_cast<double>(std::numeric_limits<uint64_t>::max())};
    default:
      return {-std::numeric_limits<double>::max(), std::numeric_limits<double>::max()};
  }
}

}  // namespace

const v1::FieldRule& RuleOf(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule);
}

const v1::MessageRule& RuleOf(const Descriptor& message) {
  return message.options().GetExtension(v1::message_rule);
}

ValueForm FormOf(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return ValueForm::kText;
    case FieldDescriptor::CPPTYPE_BOOL:
      return ValueForm::kBool;
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return ValueForm::kWhole;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ValueForm::kNumber;
    case FieldDescriptor::CPPTYPE_ENUM:
      return ValueForm::kEnum;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return FormOfMessage(*field.message_type());
    default:
      WEIR_CHECK(false && "a type that campaigns do not use yet");
  }
}

Range RangeOf(const FieldDescriptor& field) {
  const v1::FieldRule& rule = RuleOf(field);
  Range range = RangeOfType(field);
  if (rule.has_at_least()) range.at_least = std::max(range.at_least, rule.at_least());
  if (rule.has_at_most()) range.at_most = std::min(range.at_most, rule.at_most());
  return range;
}

std::string RangeText(const FieldDescriptor& field) {
  const v1::FieldRule& rule = RuleOf(field);
  if (rule.has_at_least() && rule.has_at_most()) {
    return absl::StrCat("from ", NumberText(rule.at_least()), " to ", NumberText(rule.at_most()));
  }
  if (rule.has_at_least()) return absl::StrCat("at least ", NumberText(rule.at_least()));
  if (rule.has_at_most()) return absl::StrCat("at most ", NumberText(rule.at_most()));
  return "";
}

std::vector<std::string> KeysOf(const Descriptor& message) {
  std::vector<std::string> keys;
  for (int i = 0; i < message.field_count(); ++i) keys.push_back(message.field(i)->name());
  return keys;
}

std::vector<std::string> KeysOf(const OneofDescriptor& oneof) {
  std::vector<std::string> keys;
  for (int i = 0; i < oneof.field_count(); ++i) keys.push_back(oneof.field(i)->name());
  return keys;
}

std::string ValueName(const EnumValueDescriptor& value) {
  const std::string prefix = PrefixOf(*value.type());
  WEIR_CHECK(value.name().starts_with(prefix));
  return absl::AsciiStrToLower(value.name().substr(prefix.size()));
}

std::string ValueDoc(const EnumValueDescriptor& value) {
  return value.options().GetExtension(v1::value_rule).doc();
}

std::vector<const EnumValueDescriptor*> ValuesOf(const EnumDescriptor& type) {
  std::vector<const EnumValueDescriptor*> values;
  for (int i = 0; i < type.value_count(); ++i) {
    if (ValueName(*type.value(i)) != "unspecified") values.push_back(type.value(i));
  }
  return values;
}

std::vector<std::string> ValueNamesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (const EnumValueDescriptor* value : ValuesOf(type)) names.push_back(ValueName(*value));
  return names;
}

const FieldDescriptor* NameFieldOf(const Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (RuleOf(*message.field(i)).name_of_list_item()) return message.field(i);
  }
  return nullptr;
}

std::string NumberText(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) {
    return absl::StrFormat("%.0f", number);
  }
  return absl::StrCat(number);
}

}  // namespace weir
