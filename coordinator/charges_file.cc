#include "coordinator/charges_file.h"

#include <google/protobuf/descriptor.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_schema.h"
#include "coordinator/yaml_file.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kHead[] =
    "# Coefficients of the charge model of weir cosmos-emulator (docs/ru-model.md): request units\n"
    "# (RU); sizes are in KB of 1,000 bytes, system properties included. A key that is left out\n"
    "# takes its default. Modelled, not Azure's meter.\n";

// The shortest text that reads back as the same number.
std::string ExactText(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), number, std::chars_format::fixed);
  return end.ec == std::errc() ? std::string(text, end.ptr) : NumberText(number);
}

void AppendField(const Message& message, const FieldDescriptor& field, const std::string& indent,
                 std::string* out) {
  const auto& reflection = *message.GetReflection();
  absl::StrAppend(out, indent, "# ", RuleOf(field).doc(), "\n", indent, field.name(), ":");
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    absl::StrAppend(out, " ", ExactText(reflection.GetDouble(message, &field)), "\n");
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    absl::StrAppend(out, " \"", reflection.GetString(message, &field), "\"\n");
  } else {
    const Message& child = reflection.GetMessage(message, &field);
    *out += '\n';
    for (int i = 0; i < child.GetDescriptor()->field_count(); ++i) {
      AppendField(child, *child.GetDescriptor()->field(i), indent + "  ", out);
    }
  }
}

}  // namespace

ChargesReading ReadChargesText(const std::string& text, const std::string& file_name) {
  ChargesReading reading;
  reading.problems = ReadYamlText(text, file_name, &reading.charges);
  return reading;
}

ChargesReading ReadChargesFile(const std::string& path) {
  ChargesReading reading;
  reading.problems = ReadYamlFile(path, "the charges", &reading.charges);
  return reading;
}

std::string ChargesText(const v1::Charges& charges) {
  std::string text = kHead;
  const auto& type = *charges.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message && !charges.GetReflection()->HasField(charges, &field)) continue;
    text += '\n';
    AppendField(charges, field, "", &text);
  }
  return text;
}

absl::Status WriteChargesFile(const v1::Charges& charges, const std::string& path) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << ChargesText(charges);
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    std::remove(temporary.c_str());
    return absl::UnavailableError(absl::StrCat("cannot write ", path, ": ", why));
  }
  return absl::OkStatus();
}

}  // namespace weir
