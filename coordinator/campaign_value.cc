#include "coordinator/campaign_value.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <map>
#include <regex>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "coordinator/campaign_schema.h"
#include "coordinator/quantity.h"
#include "coordinator/suggestion.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// std::regex recurses once per character, so that a longer text could exhaust the stack.
constexpr size_t kLongestText = 4096;

std::string WrongType(absl::string_view expected, const YamlNode& node) {
  return absl::StrCat("expected ", expected, ", found ", Describe(node));
}

bool HasControlCharacters(const std::string& text) {
  for (char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return true;
  }
  return false;
}

// Compiling an expression costs far more than matching a name.
bool Matches(const std::string& text, const std::string& pattern) {
  thread_local std::map<std::string, std::regex> compiled;
  const auto [expression, is_new] = compiled.try_emplace(pattern, pattern);
  return std::regex_match(text, expression->second);
}

std::string TextProblem(const std::string& text, const v1::FieldRule& rule) {
  if (text.size() > kLongestText) {
    return absl::StrCat("longer than ", kLongestText, " bytes (", text.size(), ")");
  }
  if (HasControlCharacters(text)) return "contains control characters";
  if (rule.pattern().empty() || Matches(text, rule.pattern())) return "";
  const std::string example =
      rule.example().empty() ? "" : absl::StrCat(", such as ", rule.example());
  return absl::StrCat(InQuotes(text), " does not match ", rule.pattern(), example);
}

std::string SetText(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  std::string problem = TextProblem(node.text, RuleOf(field));
  if (!problem.empty()) return problem;
  if (RuleOf(field).required() && node.text.empty()) return "must not be empty";
  if (field.is_repeated()) {
    message->GetReflection()->AddString(message, &field, node.text);
  } else {
    message->GetReflection()->SetString(message, &field, node.text);
  }
  return "";
}

std::string SetBool(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  if (node.quoted || (node.text != "true" && node.text != "false")) {
    return WrongType("true or false", node);
  }
  message->GetReflection()->SetBool(message, &field, node.text == "true");
  return "";
}

std::string RangeProblem(double value, const YamlNode& node, const FieldDescriptor& field) {
  const Range range = RangeOf(field);
  if (value >= range.at_least && value <= range.at_most) return "";
  std::string limits = RangeText(field);
  if (limits.empty()) {
    limits = absl::StrCat("from ", NumberText(range.at_least), " to ", NumberText(range.at_most));
  }
  return absl::StrCat("must be ", limits, ", found ", InQuotes(node.text));
}

std::string SetWhole(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  uint64_t value = 0;
  double magnitude = 0;
  const bool whole = !node.quoted && absl::SimpleAtoi(node.text, &value);
  if (!whole) {  // a number out of range deserves to hear the range
    if (node.quoted || !absl::SimpleAtod(node.text, &magnitude) || std::isnan(magnitude) ||
        magnitude != std::floor(magnitude) || node.text.find_first_of(".eE") != std::string::npos) {
      return WrongType("a whole number", node);
    }
  }
  const std::string problem =
      RangeProblem(whole ? static_cast<double>(value) : magnitude, node, field);
  if (!problem.empty() || !whole) {
    return problem.empty() ? WrongType("a whole number", node) : problem;
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    const auto narrow = static_cast<uint32_t>(value);
    field.is_repeated() ? message->GetReflection()->AddUInt32(message, &field, narrow)
                        : message->GetReflection()->SetUInt32(message, &field, narrow);
  } else {
    message->GetReflection()->SetUInt64(message, &field, value);
  }
  return "";
}

std::string SetNumber(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  double value = 0;
  if (node.quoted || !absl::SimpleAtod(node.text, &value) || !std::isfinite(value)) {
    return WrongType("a number", node);
  }
  std::string problem = RangeProblem(value, node, field);
  if (problem.empty()) message->GetReflection()->SetDouble(message, &field, value);
  return problem;
}

std::string SetEnum(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  for (const auto* value : ValuesOf(*field.enum_type())) {
    if (ValueName(*value) != node.text) continue;
    field.is_repeated() ? message->GetReflection()->AddEnum(message, &field, value)
                        : message->GetReflection()->SetEnum(message, &field, value);
    return "";
  }
  const std::vector<std::string> names = ValueNamesOf(*field.enum_type());
  const std::string nearest = Nearest(node.text, names);
  return absl::StrCat("expected one of ", absl::StrJoin(names, ", "), "; found ",
                      InQuotes(node.text),
                      nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?"));
}

template <typename T>
std::string SetQuantity(const absl::StatusOr<T>& quantity, const FieldDescriptor& field,
                        Message* message) {
  if (!quantity.ok()) return std::string(quantity.status().message());
  message->GetReflection()->MutableMessage(message, &field)->CopyFrom(*quantity);
  return "";
}

}  // namespace

std::string SetValue(const YamlNode& node, const FieldDescriptor& field, Message* message) {
  const ValueForm form = FormOf(field);
  if (form == ValueForm::kSecret) {
    const bool scalar = node.kind == YamlNode::Kind::kScalar;
    return SetQuantity(ParseSecret(scalar ? node.text : ""), field, message);
  }
  if (node.kind == YamlNode::Kind::kNull) return "has no value; give one or remove the key";
  if (node.kind != YamlNode::Kind::kScalar) return WrongType("a single value", node);
  switch (form) {
    case ValueForm::kText:
      return SetText(node, field, message);
    case ValueForm::kBool:
      return SetBool(node, field, message);
    case ValueForm::kWhole:
      return SetWhole(node, field, message);
    case ValueForm::kNumber:
      return SetNumber(node, field, message);
    case ValueForm::kEnum:
      return SetEnum(node, field, message);
    case ValueForm::kDuration:
      return SetQuantity(ParseDuration(node.text), field, message);
    case ValueForm::kSize:
      return SetQuantity(ParseSize(node.text), field, message);
    case ValueForm::kRate:
      return SetQuantity(ParseRate(node.text), field, message);
    case ValueForm::kSecret:
    case ValueForm::kKeys:
      break;
  }
  return "expected keys";
}

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return absl::StrCat(node.quoted ? "the text " : "", InQuotes(node.text));
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "keys";
  }
  return "nothing";
}

}  // namespace weir
