#include "agent/campaign_rules.h"

#include <cmath>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "proto/rules.pb.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr int kMostItems = 10'000;
// std::regex recurses once per character, so that a longer text could exhaust the stack.
constexpr size_t kLongestText = 4096;
constexpr int64_t kLongestNs = 100'000'000'000'000'000;  // three years
constexpr double kMostPerSecond = 1e9;

absl::Status Broken(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the campaign's ", path, " ", what));
}

bool Matches(const std::string& text, const std::string& pattern) {
  thread_local std::map<std::string, std::regex> compiled;
  auto expression = compiled.find(pattern);
  if (expression == compiled.end()) {
    expression = compiled.emplace(pattern, std::regex(pattern)).first;
  }
  return std::regex_match(text, expression->second);
}

// One value of a field, which may be a list.
struct Value {
  const Message& message;
  const FieldDescriptor& field;
  int item;  // -1: not a list

  template <typename Single, typename Repeated>
  auto Get(Single single, Repeated repeated) const {
    const auto& reflection = *message.GetReflection();
    return item < 0 ? (reflection.*single)(message, &field)
                    : (reflection.*repeated)(message, &field, item);
  }
};

double NumberOf(const Value& value) {
  using R = google::protobuf::Reflection;
  switch (value.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return value.Get(&R::GetInt32, &R::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_UINT32:
      return value.Get(&R::GetUInt32, &R::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(value.Get(&R::GetInt64, &R::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(value.Get(&R::GetUInt64, &R::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return value.Get(&R::GetDouble, &R::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return value.Get(&R::GetFloat, &R::GetRepeatedFloat);
    default:
      return 0;
  }
}

absl::Status CheckText(const Value& value, const v1::FieldRule& rule, const std::string& path) {
  using R = google::protobuf::Reflection;
  const std::string text = value.Get(&R::GetString, &R::GetRepeatedString);
  if (text.size() > kLongestText) return Broken(path, "is too long");
  if (rule.pattern().empty() || Matches(text, rule.pattern())) return absl::OkStatus();
  return Broken(path, absl::StrCat("does not match ", rule.pattern()));
}

absl::Status CheckNumber(const Value& value, const v1::FieldRule& rule, const std::string& path) {
  const double number = NumberOf(value);
  const bool low = rule.has_at_least() && number < rule.at_least();
  const bool high = rule.has_at_most() && number > rule.at_most();
  if (!std::isfinite(number) || low || high) return Broken(path, "is out of its range");
  return absl::OkStatus();
}

absl::Status CheckQuantity(const Message& message, const std::string& path) {
  if (const auto* duration = dynamic_cast<const v1::Duration*>(&message)) {
    const bool fits = duration->ns() >= 0 && duration->ns() <= kLongestNs;
    return fits ? absl::OkStatus() : Broken(path, "is no length of time");
  }
  if (const auto* rate = dynamic_cast<const v1::Rate*>(&message)) {
    const double per_second =
        static_cast<double>(rate->operations()) * 1e9 / static_cast<double>(rate->per_ns());
    if (!(per_second <= kMostPerSecond)) return Broken(path, "is no rate");
  }
  return absl::OkStatus();
}

absl::Status CheckMessage(const Message& message, const std::string& path);

absl::Status CheckOne(const Value& value, const std::string& path) {
  using R = google::protobuf::Reflection;
  const v1::FieldRule& rule = value.field.options().GetExtension(v1::rule);
  const R& reflection = *value.message.GetReflection();
  switch (value.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return CheckMessage(
          value.item < 0 ? reflection.GetMessage(value.message, &value.field)
                         : reflection.GetRepeatedMessage(value.message, &value.field, value.item),
          path);
    case FieldDescriptor::CPPTYPE_STRING:
      return CheckText(value, rule, path);
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int number = value.Get(&R::GetEnumValue, &R::GetRepeatedEnumValue);
      const bool known = value.field.enum_type()->FindValueByNumber(number) != nullptr;
      return known ? absl::OkStatus() : Broken(path, "is of no known kind");
    }
    default:
      return CheckNumber(value, rule, path);
  }
}

// The schema is not recursive: its own depth bounds this.
absl::Status CheckMessage(const Message& message, const std::string& path) {
  WEIR_RETURN_IF_ERROR(CheckQuantity(message, path));
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string inner = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (!field->is_repeated()) {
      WEIR_RETURN_IF_ERROR(CheckOne({message, *field, -1}, inner));
      continue;
    }
    const int items = message.GetReflection()->FieldSize(message, field);
    if (items > kMostItems) return Broken(inner, "holds too much");
    for (int i = 0; i < items; ++i) {
      WEIR_RETURN_IF_ERROR(CheckOne({message, *field, i}, absl::StrCat(inner, "[", i, "]")));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRules(const v1::Campaign& campaign) { return CheckMessage(campaign, ""); }

}  // namespace weir
