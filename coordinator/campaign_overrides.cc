#include "coordinator/campaign_overrides.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "coordinator/campaign_schema.h"
#include "coordinator/suggestion.h"

namespace weir {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

void SetPlace(const Place& place, YamlNode* node) {
  node->place = place;
  for (YamlNode& item : node->items) SetPlace(place, &item);
  for (YamlMember& member : node->members) {
    member.place = place;
    SetPlace(place, &member.value);
  }
}

// Walks one override's path down the tree, making the mappings that are missing on the way.
class Override {
 public:
  Override(const Place& place, YamlNode value, std::vector<Problem>* problems)
      : place_(place), value_(std::move(value)), problems_(problems) {}

  // `path` is what is left of it, `type` what the node is meant to be (null when unknown).
  void Apply(absl::string_view path, const Descriptor* type, YamlNode* node) {
    if (node->kind == YamlNode::Kind::kList) return ApplyToItem(path, type, node);
    if (node->kind == YamlNode::Kind::kScalar) {
      return Report(absl::StrCat("there is a single value where ", InQuotes(path), " should be"));
    }
    node->kind = YamlNode::Kind::kMap;
    const size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (dot == absl::string_view::npos) return SetMember(key, node);
    ApplyToMember(key, path.substr(dot + 1), type, node);
  }

 private:
  void Report(std::string message) { problems_->push_back(ProblemAt(place_, std::move(message))); }

  void SetMember(const std::string& key, YamlNode* node) {
    if (value_.kind == YamlNode::Kind::kNull) {
      std::erase_if(node->members, [&](const YamlMember& member) { return member.key == key; });
    } else if (YamlMember* member = node->Find(key)) {
      member->place = place_;
      member->value = std::move(value_);
    } else {
      node->members.push_back({key, place_, std::move(value_)});
    }
  }

  void ApplyToMember(const std::string& key, absl::string_view rest, const Descriptor* type,
                     YamlNode* node) {
    const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByName(key);
    if (field == nullptr) {
      return Report(absl::StrCat("unknown key ", InQuotes(key),
                                 type == nullptr ? "" : Suggestion(key, KeysOf(*type))));
    }
    if (node->Find(key) == nullptr) {
      YamlNode made;
      made.place = place_;
      if (field->is_repeated()) made.kind = YamlNode::Kind::kList;
      node->members.push_back({key, place_, std::move(made)});
    }
    Apply(rest, field->message_type(), &node->Find(key)->value);
  }

  void ApplyToItem(absl::string_view path, const Descriptor* type, YamlNode* list) {
    size_t used = 0;
    YamlNode* item = FindItem(path, type, list, &used);
    if (item == nullptr) {
      const std::string wanted(path.substr(0, path.find('.')));
      return Report(absl::StrCat("no item ", InQuotes(wanted), " in the list",
                                 Suggestion(wanted, ItemNames(type, *list))));
    }
    if (used < path.size()) return Apply(path.substr(used + 1), type, item);
    if (value_.kind == YamlNode::Kind::kNull) return Report("an item needs a value");
    *item = std::move(value_);
  }

  // The item that the path begins with, by index or by the longest name that fits (names may hold
  // dots); sets how much of the path it used.
  static YamlNode* FindItem(absl::string_view path, const Descriptor* type, YamlNode* list,
                            size_t* used) {
    const absl::string_view first = path.substr(0, path.find('.'));
    size_t index = 0;
    if (absl::SimpleAtoi(first, &index) && index < list->items.size()) {
      *used = first.size();
      return &list->items[index];
    }
    YamlNode* found = nullptr;
    for (YamlNode& item : list->items) {
      const std::string name = NameOf(type, item);
      if (name.empty() || name.size() < *used || !absl::StartsWith(path, name)) continue;
      if (name.size() < path.size() && path[name.size()] != '.') continue;
      found = &item;
      *used = name.size();
    }
    return found;
  }

  static std::string NameOf(const Descriptor* type, const YamlNode& item) {
    const FieldDescriptor* name = type == nullptr ? nullptr : NameFieldOf(*type);
    const YamlMember* member = name == nullptr ? nullptr : item.Find(name->name());
    return member == nullptr ? "" : member->value.text;
  }

  static std::vector<std::string> ItemNames(const Descriptor* type, const YamlNode& list) {
    std::vector<std::string> names;
    for (size_t i = 0; i < list.items.size(); ++i) {
      const std::string name = NameOf(type, list.items[i]);
      names.push_back(name.empty() ? absl::StrCat(i) : name);
    }
    return names;
  }

  Place place_;
  YamlNode value_;
  std::vector<Problem>* problems_;
};

}  // namespace

void ApplySetting(const std::string& text, const Place& place, const Descriptor& type,
                  YamlNode* root, std::vector<Problem>* problems) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    problems->push_back(ProblemAt(place, "expected path=value, such as seed=7"));
    return;
  }
  std::vector<Problem> in_value;
  YamlNode value = ParseYaml(text.substr(equals + 1), place.file, &in_value);
  SetPlace(place, &value);
  for (const Problem& problem : in_value) problems->push_back(ProblemAt(place, problem.message));
  if (in_value.empty()) {
    Override(place, std::move(value), problems).Apply(text.substr(0, equals), &type, root);
  }
}

void ApplyOverrides(const std::vector<std::string>& overrides, const Descriptor& type,
                    YamlNode* root, std::vector<Problem>* problems) {
  for (const std::string& text : overrides) {
    const Place place{absl::StrCat("--set ", text.substr(0, text.find('='))), 0, 0};
    ApplySetting(text, place, type, root, problems);
  }
}

}  // namespace weir
