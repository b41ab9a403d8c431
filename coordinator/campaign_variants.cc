#include "coordinator/campaign_variants.h"

#include <utility>

#include "coordinator/campaign_overrides.h"
#include "proto/campaign.pb.h"

namespace weir {
namespace {

constexpr char kVariants[] = "variants";

const YamlNode* ListAt(const YamlNode& node, const char* key) {
  const YamlMember* member = node.Find(key);
  const bool is_list = member != nullptr && member->value.kind == YamlNode::Kind::kList;
  return is_list ? &member->value : nullptr;
}

YamlNode MakeVariant(const YamlNode& target, const YamlNode& variant,
                     std::vector<Problem>* problems) {
  YamlNode made = target;
  std::erase_if(made.members, [](const YamlMember& member) {
    return member.key == kVariants || member.key == "name";
  });
  if (const YamlMember* name = variant.Find("name")) made.members.push_back(*name);
  const YamlNode* settings = ListAt(variant, "set");
  if (settings == nullptr) return made;
  for (const YamlNode& setting : settings->items) {
    ApplySetting(setting.text, setting.place, *v1::Target::descriptor(), &made, problems);
  }
  return made;
}

}  // namespace

void ExpandVariants(YamlNode* root, std::vector<Problem>* problems) {
  YamlMember* targets = root->Find("targets");
  if (targets == nullptr) return;
  std::vector<YamlNode> all;
  for (YamlNode& target : targets->value.items) {
    all.push_back(target);
    const YamlNode* variants = ListAt(target, kVariants);
    if (variants == nullptr) continue;
    for (const YamlNode& variant : variants->items) {
      if (variant.kind == YamlNode::Kind::kMap) {
        all.push_back(MakeVariant(target, variant, problems));
      }
    }
  }
  targets->value.items = std::move(all);
}

}  // namespace weir
