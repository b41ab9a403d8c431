#include "coordinator/campaign_reference.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "coordinator/campaign_schema.h"
#include "proto/campaign.pb.h"

namespace weir {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

constexpr char kHead[] =
    R"(# The campaign file

<!-- Made by `weir schema --format markdown` from proto/campaign.proto; a test compares the two. -->

A campaign says what is stored (`dataset`), where (`targets`) and what is done to it (`scenarios`).
Every scenario runs on each target that it names, with the same data, operations and schedule.

```yaml
name: first-look
dataset:
  records: 100000
  logs:
targets:
  - name: pg
    postgres:
      port: 5433
scenarios:
  - name: ingest
    phases: {load: {batch: 500}}
  - name: mixed
    phases: {warm_up: 3s, measure: 30s}
    shape: {open: {rate: 500/s}}
    operations:
      - {do: read, weight: 8}
      - {do: insert, weight: 2}
```

`weir check FILE` shows every mistake at once with its line and column; `weir plan FILE` says what a
run would do, before anything is touched; `weir schema` prints a JSON Schema for editors.

## How values are written

| value | written as | notes |
|---|---|---|
| duration | `30s`, `250ms`, `1m30s` | units `ns`, `us`, `ms`, `s`, `m`, `h` |
| rate | `2000/s`, `0.5/s`, `300/m` | kept as an exact fraction |
| secret | `${env:NAME}`, `${file:PATH}` | read where it is used; a secret written out is refused |
| choice | `verify_full` | one of the values listed with its key |

A campaign is one YAML document of at most 1 MiB without aliases, anchors and tags. Unknown keys and
keys given twice are errors. A key that is left out takes its default; a key without a value
(`logs:`) stands for a mapping of defaults.

## Changing a value for one run

`--set PATH=VALUE` with `weir run`, `check` and `plan`. The path names keys, with list items by name
or by index; the value is YAML; an empty value removes the key, so that its default applies.

```
weir run campaigns/quickstart.yaml --set targets.postgres.postgres.port=5433 \
    --set scenarios.mixed.shape.open.rate=200/s --set 'scenarios.mixed.targets=[postgres]'
```
)";

const char* FormName(ValueForm form) {
  switch (form) {
    case ValueForm::kText:
      return "text";
    case ValueForm::kBool:
      return "`true`, `false`";
    case ValueForm::kWhole:
      return "whole number";
    case ValueForm::kNumber:
      return "number";
    case ValueForm::kEnum:
      return "choice";
    case ValueForm::kDuration:
      return "duration";
    case ValueForm::kSize:
      return "size";
    case ValueForm::kRate:
      return "rate";
    case ValueForm::kSecret:
      return "secret";
    case ValueForm::kKeys:
      return "keys";
  }
  return "";
}

std::string Code(const std::string& text) { return absl::StrCat("`", text, "`"); }

// A cell of a table must not hold a bar.
std::string Cell(const std::string& text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

class Reference {
 public:
  std::string Write() {
    Plan(*v1::Campaign::descriptor(), "");
    std::string text = kHead;
    for (const Section& section : sections_) absl::StrAppend(&text, "\n", SectionText(section));
    return text;
  }

 private:
  struct Section {
    std::string title;
    const Descriptor* message;
  };

  // Sections in the order of the schema. A message that is used twice is described once, under the
  // shorter of its paths.
  void Plan(const Descriptor& message, const std::string& title) {
    sections_.push_back({title.empty() ? "campaign" : title, &message});
    std::vector<const Descriptor*> mine;
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (FormOf(field) != ValueForm::kKeys) continue;
      const std::string path = absl::StrCat(title, title.empty() ? "" : ".", field.name(),
                                            field.is_repeated() ? "[]" : "");
      if (titles_.emplace(field.message_type(), path).second) mine.push_back(field.message_type());
    }
    for (const Descriptor* child : mine) Plan(*child, titles_.at(child));
  }

  std::string SectionText(const Section& section) const {
    std::string text = absl::StrCat("## ", section.title, "\n\n");
    const std::string& doc = RuleOf(*section.message).doc();
    if (!doc.empty()) absl::StrAppend(&text, doc, "\n");
    AppendOneofs(*section.message, &text);
    if (section.message->field_count() == 0) return text;
    absl::StrAppend(&text, doc.empty() ? "" : "\n",
                    "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (int i = 0; i < section.message->field_count(); ++i) {
      absl::StrAppend(&text, Row(*section.message->field(i)));
    }
    AppendChoices(*section.message, &text);
    return text;
  }

  static void AppendOneofs(const Descriptor& message, std::string* text) {
    for (int i = 0; i < message.real_oneof_decl_count(); ++i) {
      const std::vector<std::string> keys = KeysOf(*message.oneof_decl(i));
      if (keys.size() == 1) continue;
      absl::StrAppend(text, "Exactly one of ", absl::StrJoin(keys, ", ", CodeFormatter), ".\n");
    }
  }

  std::string Row(const FieldDescriptor& field) const {
    return absl::StrCat("| `", field.name(), "` | ", Cell(ValueText(field)), " | ",
                        Cell(DefaultText(field)), " | ", Cell(Meaning(field)), " |\n");
  }

  std::string ValueText(const FieldDescriptor& field) const {
    std::string text = FormName(FormOf(field));
    if (FormOf(field) == ValueForm::kKeys) {
      text = absl::StrCat("[keys](#", Anchor(titles_.at(field.message_type())), ")");
    } else if (FormOf(field) == ValueForm::kEnum) {
      text = absl::StrJoin(ValueNamesOf(*field.enum_type()), ", ", CodeFormatter);
    }
    if (!RangeText(field).empty()) absl::StrAppend(&text, " ", RangeText(field));
    return field.is_repeated() ? absl::StrCat("list of ", text) : text;
  }

  static std::string DefaultText(const FieldDescriptor& field) {
    const v1::FieldRule& rule = RuleOf(field);
    if (rule.required()) return "*required*";
    if (rule.default_value() == "{}") return "the defaults of its keys";
    return rule.default_value().empty() ? "" : Code(rule.default_value());
  }

  static std::string Meaning(const FieldDescriptor& field) {
    const v1::FieldRule& rule = RuleOf(field);
    std::string text = rule.doc();
    if (!rule.pattern().empty()) absl::StrAppend(&text, " Matches ", Code(rule.pattern()), ".");
    if (!rule.example().empty()) absl::StrAppend(&text, " Example: ", Code(rule.example()), ".");
    return text;
  }

  // What the values of choices mean, where the schema says so.
  static void AppendChoices(const Descriptor& message, std::string* text) {
    for (int i = 0; i < message.field_count(); ++i) {
      if (FormOf(*message.field(i)) != ValueForm::kEnum) continue;
      for (const EnumValueDescriptor* value : ValuesOf(*message.field(i)->enum_type())) {
        if (ValueDoc(*value).empty()) continue;
        absl::StrAppend(text, ListStart(*text), "- `", message.field(i)->name(), ": ",
                        ValueName(*value), "`: ", ValueDoc(*value), "\n");
      }
    }
  }

  static const char* ListStart(const std::string& text) {
    return text.ends_with("|\n") ? "\n" : "";
  }

  // As GitHub makes them: letters, digits, '-' and '_' of the title in lower case.
  static std::string Anchor(const std::string& title) {
    std::string anchor;
    for (char c : title) {
      if (absl::ascii_isalnum(c) || c == '_' || c == '-') anchor += absl::ascii_tolower(c);
    }
    return anchor;
  }

  static void CodeFormatter(std::string* out, const std::string& text) {
    absl::StrAppend(out, Code(text));
  }

  std::vector<Section> sections_;
  std::map<const Descriptor*, std::string> titles_;
};

}  // namespace

std::string CampaignReference() { return Reference().Write(); }

}  // namespace weir
