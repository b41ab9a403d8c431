#include "coordinator/campaign_schema.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "coordinator/campaign_reference.h"
#include "coordinator/campaign_value.h"
#include "proto/campaign.pb.h"

namespace weir {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Calls visit(field) for every field of the campaign, however deep.
template <typename Visit>
void ForEachField(const Descriptor* message, std::set<const Descriptor*>* seen, Visit visit) {
  if (!seen->insert(message).second) return;
  for (int i = 0; i < message->field_count(); ++i) {
    visit(*message->field(i));
    if (FormOf(*message->field(i)) == ValueForm::kKeys) {
      ForEachField(message->field(i)->message_type(), seen, visit);
    }
  }
}

template <typename Visit>
void ForEachField(Visit visit) {
  std::set<const Descriptor*> seen;
  ForEachField(v1::Campaign::descriptor(), &seen, visit);
}

std::string ProblemOfLiteral(const FieldDescriptor& field, const std::string& text) {
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(field.containing_type())
          ->New());
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  return SetValue(node, field, message.get());
}

TEST(CampaignSchema, EveryKeyIsDocumented) {
  ForEachField([](const FieldDescriptor& field) {
    EXPECT_FALSE(RuleOf(field).doc().empty()) << field.full_name();
  });
}

TEST(CampaignSchema, EveryDefaultAndExampleObeysItsOwnRule) {
  ForEachField([](const FieldDescriptor& field) {
    const v1::FieldRule& rule = RuleOf(field);
    for (const std::string& text : {rule.default_value(), rule.example()}) {
      if (text.empty() || FormOf(field) == ValueForm::kKeys) continue;
      EXPECT_EQ(ProblemOfLiteral(field, text), "") << field.full_name();
    }
  });
}

TEST(CampaignSchema, NothingIsBothRequiredAndDefaulted) {
  ForEachField([](const FieldDescriptor& field) {
    EXPECT_FALSE(RuleOf(field).required() && !RuleOf(field).default_value().empty())
        << field.full_name();
  });
}

TEST(CampaignSchema, EveryPatternIsARegularExpression) {
  ForEachField([](const FieldDescriptor& field) {
    EXPECT_NO_THROW(std::regex(RuleOf(field).pattern())) << field.full_name();
  });
}

TEST(CampaignSchema, ValuesAreSpelledWithoutTheirPrefix) {
  EXPECT_EQ(ValueNamesOf(*v1::TlsMode_descriptor()),
            (std::vector<std::string>{"prefer", "disable", "require", "verify_ca", "verify_full"}));
  EXPECT_EQ(ValueNamesOf(*v1::OperationKind_descriptor())[0], "insert");
}

TEST(CampaignReference, IsWhatTheDocumentationHolds) {
  std::ifstream file("docs/campaign.md");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), CampaignReference())
      << "run: weir schema --format markdown > docs/campaign.md";
}

}  // namespace
}  // namespace weir
