#include "measure/message_rules.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <regex>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "proto/rules.pb.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using R = google::protobuf::Reflection;

// std::regex recurses once per character, so that a longer text could exhaust the stack.
constexpr size_t kLongestMatched = 4096;
constexpr int64_t kLongestNs = 100'000'000'000'000'000;  // three years
constexpr double kMostPerSecond = 1e9;

// The path is put together on the way out: nearly always there is none to tell.
struct Problem {
  std::string what;
  std::string path;
};
using Found = std::optional<Problem>;

Found Broken(absl::string_view what) { return Problem{std::string(what), ""}; }

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
  int item;                   // -1: not a list
  const v1::FieldRule* rule;  // null: the schema has none

  template <typename Single, typename Repeated>
  auto Get(Single single, Repeated repeated) const {
    const auto& reflection = *message.GetReflection();
    return item < 0 ? (reflection.*single)(message, &field)
                    : (reflection.*repeated)(message, &field, item);
  }
};

double NumberOf(const Value& value) {
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

Found CheckEnum(const Value& value) {
  const int number = value.Get(&R::GetEnumValue, &R::GetRepeatedEnumValue);
  const bool known = value.field.enum_type()->FindValueByNumber(number) != nullptr;
  return known ? std::nullopt : Broken("is of no known kind");
}

Found CheckQuantity(const Message& message) {
  if (const auto* duration = dynamic_cast<const v1::Duration*>(&message)) {
    const bool fits = duration->ns() >= 0 && duration->ns() <= kLongestNs;
    return fits ? std::nullopt : Broken("is no length of time");
  }
  if (const auto* rate = dynamic_cast<const v1::Rate*>(&message)) {
    const double per_second =
        static_cast<double>(rate->operations()) * 1e9 / static_cast<double>(rate->per_ns());
    if (!(per_second <= kMostPerSecond)) return Broken("is no rate");
  }
  return std::nullopt;
}

class Checker {
 public:
  explicit Checker(const MessageLimits& limits) : limits_(limits) {}

  // The schemas are not recursive: their own depth bounds this.
  Found Check(const Message& message) const {
    if (Found found = CheckQuantity(message)) return found;
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (Found found = CheckField(message, *field)) return found;
    }
    return std::nullopt;
  }

 private:
  Found CheckField(const Message& message, const FieldDescriptor& field) const {
    const auto& options = field.options();
    const v1::FieldRule* rule =
        options.HasExtension(v1::rule) ? &options.GetExtension(v1::rule) : nullptr;
    if (!field.is_repeated()) return At(field.name(), CheckOne({message, field, -1, rule}));
    const int items = message.GetReflection()->FieldSize(message, &field);
    if (items > limits_.most_items) return At(field.name(), Broken("holds too much"));
    for (int i = 0; i < items; ++i) {
      if (Found found = CheckOne({message, field, i, rule})) {
        return At(absl::StrCat(field.name(), "[", i, "]"), std::move(found));
      }
    }
    return std::nullopt;
  }

  static Found At(const std::string& name, Found found) {
    if (found) found->path = absl::StrCat(name, found->path.empty() ? "" : ".", found->path);
    return found;
  }

  Found CheckOne(const Value& value) const {
    const R& reflection = *value.message.GetReflection();
    switch (value.field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Check(value.item < 0
                         ? reflection.GetMessage(value.message, &value.field)
                         : reflection.GetRepeatedMessage(value.message, &value.field, value.item));
      case FieldDescriptor::CPPTYPE_STRING:
        return value.field.type() == FieldDescriptor::TYPE_BYTES ? std::nullopt : CheckText(value);
      case FieldDescriptor::CPPTYPE_ENUM:
        return CheckEnum(value);
      default:
        return CheckNumber(value);
    }
  }

  Found CheckText(const Value& value) const {
    const std::string text = value.Get(&R::GetString, &R::GetRepeatedString);
    const bool matched = value.rule != nullptr && !value.rule->pattern().empty();
    const size_t longest =
        matched ? std::min(limits_.longest_text, kLongestMatched) : limits_.longest_text;
    if (text.size() > longest) return Broken("is too long");
    if (!matched || Matches(text, value.rule->pattern())) return std::nullopt;
    return Broken(absl::StrCat("does not match ", value.rule->pattern()));
  }

  Found CheckNumber(const Value& value) const {
    const double number = NumberOf(value);
    const v1::FieldRule* rule = value.rule;
    if (std::isinf(number) && number > 0 && limits_.may_be_infinite != nullptr &&
        limits_.may_be_infinite(value.field)) {
      return std::nullopt;
    }
    const bool low = rule != nullptr && rule->has_at_least() && number < rule->at_least();
    const bool high = rule != nullptr && rule->has_at_most() && number > rule->at_most();
    const bool great = rule == nullptr && std::abs(number) > limits_.most;
    if (!std::isfinite(number) || low || high || great) return Broken("is out of its range");
    return std::nullopt;
  }

  const MessageLimits& limits_;
};

}  // namespace

absl::Status CheckMessageRules(const Message& message, const MessageLimits& limits) {
  const Found found = Checker(limits).Check(message);
  if (!found) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(found->path, found->path.empty() ? "" : " ", found->what));
}

bool IsName(absl::string_view name, size_t longest) {
  return !name.empty() && name.size() <= longest &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' ||
                  c == '-';
         });
}

}  // namespace weir
