#include "tests/reports/hostile_texts.h"

#include "tests/reports/sample_run.h"

namespace weir::test {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kLong = 4096;

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

template <typename Visit>
void ForEachMessage(const FieldDescriptor* field, Message* message, Visit visit) {
  const Reflection& reflection = *message->GetReflection();
  if (!field->is_repeated()) {
    if (reflection.HasField(*message, field)) visit(reflection.MutableMessage(message, field));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
    visit(reflection.MutableRepeatedMessage(message, field, i));
  }
}

void FillField(const FieldDescriptor* field, const std::string& text, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  if (!field->is_repeated()) {
    const bool other = field->real_containing_oneof() && !reflection.HasField(*message, field);
    if (!other) {
      reflection.SetString(message, field, text + reflection.GetString(*message, field));
    }
    return;
  }
  if (reflection.FieldSize(*message, field) == 0) reflection.AddString(message, field, "");
  for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
    reflection.SetRepeatedString(message, field, i,
                                 text + reflection.GetRepeatedString(*message, field, i));
  }
}

// Only what results.proto declares: a campaign is as its reader lets it be.
void AddAbsent(Message* message) {
  const auto& descriptor = *message->GetDescriptor();
  const Reflection& reflection = *message->GetReflection();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor* field = descriptor.field(i);
    if (!IsMessage(*field) || field->message_type()->file() != descriptor.file()) continue;
    if (field->is_repeated() && reflection.FieldSize(*message, field) == 0) {
      reflection.AddMessage(message, field);
    } else if (!field->is_repeated()) {
      reflection.MutableMessage(message, field);
    }
    ForEachMessage(field, message, AddAbsent);
  }
}

}  // namespace

std::string HostileMarkup() {
  return "</script><script>window.pwned=1</script>\"'><img src=x onerror=window.pwned=1>"
         "<svg onload=window.pwned=1><a href=\"javascript:window.pwned=1\">x</a><!--";
}

std::vector<HostileText> HostileTexts() {
  using namespace std::string_literals;
  return {{"markup", HostileMarkup()},
          {"markup that was escaped once", "&lt;img src=x onerror=pwned&gt;&#x3c;b&#x3e;"},
          {"json", "\"}],\"pwned\":[{\"a\":\"\\u003c/script>"},
          {"markdown", "| a |\n|---|\n[x](javascript:pwned) ![y](http://pwned/) `<b>`"},
          {"formula", "=cmd|'/C calc'!A0"},
          {"formula with a sign", "+1+cmd|' /C calc'!A0"},
          {"formula behind a tab", "\t=1+1"},
          {"formula behind a space", " =1+1"},
          {"formula behind a mark of direction", "\u200f@SUM(1)"},
          {"formula in full width", "＝1+1"},
          {"lines", "a\r\nb,c\n\ndata: pwned\n# HELP pwned\nTag=pwned, 1"},
          {"NUL", "a\0b"s},
          {"commands of a terminal", "\x1b]0;pwned\x07\x1b[2J\x1b[31mred"},
          {"commands of a terminal in C1",
           "\xC2\x9D"
           "0;pwned\xC2\x9C\xC2\x9B"
           "2J"},
          {"marks of direction", "\u202Etxt.exe\u202C\u2066\u2067"},
          {"an object's own key", "__proto__"},
          {"4 KiB", std::string(kLong, 'x')},
          {"4 KiB of markup", std::string(kLong, '<')},
          {"no UTF-8", "caf\xE9 \xFF\xFE\xC0\x9B", false}};
}

void FillTexts(const std::string& text, Message* message) {
  const auto& descriptor = *message->GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor* field = descriptor.field(i);
    if (IsMessage(*field)) {
      ForEachMessage(field, message, [&text](Message* inner) { FillTexts(text, inner); });
    } else if (field->type() == FieldDescriptor::TYPE_STRING) {
      FillField(field, text, message);
    }
  }
}

v1::RunResult HostileRun(const std::string& text) {
  v1::RunResult run = SampleRun();
  AddAbsent(&run);
  FillTexts(text, &run);
  return run;
}

}  // namespace weir::test
