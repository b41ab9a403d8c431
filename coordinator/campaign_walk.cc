#include "coordinator/campaign_walk.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/check.h"
#include "coordinator/campaign_schema.h"
#include "coordinator/campaign_value.h"
#include "coordinator/suggestion.h"

namespace weir {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

class Walk {
 public:
  explicit Walk(WalkFindings* findings) : findings_(findings) {}

  // `owner` is the key (or list item) that the mapping belongs to: the place for what it lacks.
  void ReadKeys(const YamlNode& node, const Place& owner, const std::string& path,
                Message* message) {
    findings_->places[path] = owner;
    if (node.kind != YamlNode::Kind::kMap && node.kind != YamlNode::Kind::kNull) {
      return Report(node.place, path,
                    absl::StrCat("expected keys (", absl::StrJoin(KeysOf(*Type(message)), ", "),
                                 "), found ", Describe(node)));
    }
    for (const YamlMember& member : node.members) ReadMember(member, path, message);
    CheckOneofs(node, owner, path, *Type(message));
    for (int i = 0; i < Type(message)->field_count(); ++i) {
      const FieldDescriptor& field = *Type(message)->field(i);
      if (node.Find(field.name()) == nullptr) ReadAbsent(field, owner, path, message);
    }
  }

 private:
  static const Descriptor* Type(const Message* message) { return message->GetDescriptor(); }

  void Report(const Place& place, const std::string& path, std::string problem) {
    findings_->problems.push_back(ProblemAt(place, std::move(problem)));
    findings_->broken.insert(path);
  }

  void ReadMember(const YamlMember& member, const std::string& path, Message* message) {
    const FieldDescriptor* field = Type(message)->FindFieldByName(member.key);
    if (field == nullptr) return ReportUnknownKey(member, path, *Type(message));
    const std::string field_path = JoinPath(path, field->name());
    if (field->is_repeated()) return ReadList(member, *field, field_path, message);
    if (FormOf(*field) == ValueForm::kKeys) {
      Message* child = message->GetReflection()->MutableMessage(message, field);
      return ReadKeys(member.value, member.place, field_path, child);
    }
    ReadScalar(member.value, *field, field_path, message);
  }

  // Also marks the key that was probably meant as broken: it is not missing, only misspelled.
  void ReportUnknownKey(const YamlMember& member, const std::string& path, const Descriptor& type) {
    const std::vector<std::string> keys = KeysOf(type);
    Report(member.place, JoinPath(path, member.key),
           absl::StrCat("unknown key ", InQuotes(member.key), Suggestion(member.key, keys)));
    const std::string meant = Nearest(member.key, keys);
    if (!meant.empty()) findings_->broken.insert(JoinPath(path, meant));
  }

  void ReadScalar(const YamlNode& node, const FieldDescriptor& field, const std::string& path,
                  Message* message) {
    findings_->places[path] = node.place;
    const std::string problem = SetValue(node, field, message);
    if (!problem.empty()) Report(node.place, path, absl::StrCat(field.name(), ": ", problem));
  }

  void ReadList(const YamlMember& member, const FieldDescriptor& field, const std::string& path,
                Message* message) {
    findings_->places[path] = member.place;
    const YamlNode& list = member.value;
    if (list.kind != YamlNode::Kind::kList && list.kind != YamlNode::Kind::kNull) {
      return Report(list.place, path,
                    absl::StrCat(field.name(), ": expected a list (one '- …' per item), found ",
                                 Describe(list)));
    }
    if (list.items.empty() && RuleOf(field).required()) {
      return Report(member.place, path, absl::StrCat(field.name(), ": the list is empty"));
    }
    for (size_t i = 0; i < list.items.size(); ++i) {
      ReadItem(list.items[i], field, ItemPath(path, i), message);
    }
    CheckNames(list, field, path);
  }

  void ReadItem(const YamlNode& item, const FieldDescriptor& field, const std::string& path,
                Message* message) {
    if (FormOf(field) != ValueForm::kKeys) return ReadScalar(item, field, path, message);
    ReadKeys(item, item.place, path, message->GetReflection()->AddMessage(message, &field));
  }

  void CheckNames(const YamlNode& list, const FieldDescriptor& field, const std::string& path) {
    if (FormOf(field) != ValueForm::kKeys) return;
    const FieldDescriptor* name = NameFieldOf(*field.message_type());
    if (name == nullptr) return;
    std::map<std::string, Place> seen;
    for (size_t i = 0; i < list.items.size(); ++i) {
      const YamlMember* member = list.items[i].Find(name->name());
      if (member == nullptr || member->value.text.empty()) continue;
      auto [first, is_new] = seen.emplace(member->value.text, member->value.place);
      if (is_new) continue;
      Report(member->value.place, JoinPath(ItemPath(path, i), name->name()),
             absl::StrCat("the name ", InQuotes(member->value.text), " is already used in line ",
                          first->second.line, "; names in ", field.name(), " must differ"));
    }
  }

  void CheckOneofs(const YamlNode& node, const Place& owner, const std::string& path,
                   const Descriptor& type) {
    for (int i = 0; i < type.real_oneof_decl_count(); ++i) {
      CheckOneof(node, owner, path, *type.oneof_decl(i), RuleOf(type).exactly_one_of());
    }
  }

  void CheckOneof(const YamlNode& node, const Place& owner, const std::string& path,
                  const OneofDescriptor& oneof, bool needed) {
    const YamlMember* given = nullptr;
    bool misspelled = false;
    for (const YamlMember& member : node.members) {
      const FieldDescriptor* field = oneof.containing_type()->FindFieldByName(member.key);
      if (field == nullptr || field->real_containing_oneof() != &oneof) continue;
      if (given != nullptr) ReportContradiction(member, *given, path, oneof);
      given = &member;
    }
    for (const std::string& key : KeysOf(oneof)) {
      misspelled |= findings_->broken.contains(JoinPath(path, key));
    }
    if (given == nullptr && needed && !misspelled) {
      Report(owner, JoinPath(path, oneof.name()), OneofNeeded(oneof));
    }
  }

  static std::string OneofNeeded(const OneofDescriptor& oneof) {
    const std::vector<std::string> keys = KeysOf(oneof);
    if (keys.size() == 1) return absl::StrCat("the key '", keys[0], "' is missing");
    return absl::StrCat("the ", oneof.name(), " is missing: give one of ",
                        absl::StrJoin(keys, ", "));
  }

  void ReportContradiction(const YamlMember& second, const YamlMember& first,
                           const std::string& path, const OneofDescriptor& oneof) {
    const std::string line =
        first.place.line > 0 ? absl::StrCat(" (line ", first.place.line, ")") : "";
    Report(second.place, JoinPath(path, second.key),
           absl::StrCat("'", second.key, "' contradicts '", first.key, "'", line,
                        "; give only one of ", absl::StrJoin(KeysOf(oneof), ", ")));
  }

  void ReadAbsent(const FieldDescriptor& field, const Place& owner, const std::string& path,
                  Message* message) {
    const v1::FieldRule& rule = RuleOf(field);
    const std::string field_path = JoinPath(path, field.name());
    if (rule.required()) {
      if (!findings_->broken.contains(field_path)) {
        Report(owner, field_path, absl::StrCat("the key '", field.name(), "' is missing"));
      }
    } else if (!rule.default_value().empty()) {
      SetDefault(field, message);
    }
  }

  // A default is written as in YAML; "{}" stands for a mapping of defaults.
  void SetDefault(const FieldDescriptor& field, Message* message) {
    YamlNode node;
    if (FormOf(field) == ValueForm::kKeys) {
      WalkFindings none;
      Walk(&none).ReadKeys(node, {}, "", message->GetReflection()->MutableMessage(message, &field));
      WEIR_CHECK(none.problems.empty());
      return;
    }
    node.kind = YamlNode::Kind::kScalar;
    node.text = RuleOf(field).default_value();
    WEIR_CHECK(SetValue(node, field, message).empty());
  }

  WalkFindings* findings_;
};

}  // namespace

void FillMessage(const YamlNode& root, const Place& top, Message* message, WalkFindings* findings) {
  Walk(findings).ReadKeys(root, top, "", message);
}

std::string JoinPath(const std::string& parent, const std::string& key) {
  return parent.empty() ? key : absl::StrCat(parent, ".", key);
}

std::string ItemPath(const std::string& list, size_t index) {
  return absl::StrCat(list, "[", index, "]");
}

}  // namespace weir
