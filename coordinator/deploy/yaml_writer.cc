#include "coordinator/deploy/yaml_writer.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

#include "base/check.h"

namespace weir {
namespace {

// Words that some YAML reader takes for something else than text.
bool IsReserved(const std::string& text) {
  static constexpr std::array kWords = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n",  "~"};
  const std::string lower = absl::AsciiStrToLower(text);
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

// A word that needs no quotes: it begins like no number, no indicator and no document marker.
bool IsPlainWord(const std::string& text) {
  if (text.empty() || IsReserved(text)) return false;
  if (!absl::ascii_isalpha(text[0]) && text[0] != '_' && text[0] != '/') return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/';
  });
}

// Characters that YAML takes for the end of a line, or that may not stand in it as they are.
bool HasOddCharacter(const std::string& text, absl::string_view allowed) {
  for (const char* line_end : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xEF\xBB\xBF"}) {
    if (absl::StrContains(text, line_end)) return true;
  }
  return std::any_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c < 0x20 || c == 0x7F) && !absl::StrContains(allowed, static_cast<char>(c));
  });
}

std::string InDoubleQuotes(const std::string& text) {
  static const std::vector<std::pair<std::string, std::string>> kLineEnds = {
      {"\xC2\x85", "\\u0085"},
      {"\xE2\x80\xA8", "\\u2028"},
      {"\xE2\x80\xA9", "\\u2029"},
      {"\xEF\xBB\xBF", "\\uFEFF"}};
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size();) {
    const auto end = std::find_if(kLineEnds.begin(), kLineEnds.end(), [&](const auto& pair) {
      return text.compare(i, pair.first.size(), pair.first) == 0;
    });
    if (end != kLineEnds.end()) {
      quoted += end->second;
      i += end->first.size();
      continue;
    }
    const auto c = static_cast<unsigned char>(text[i++]);
    if (c == '"' || c == '\\') {
      absl::StrAppend(&quoted, "\\", std::string(1, static_cast<char>(c)));
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c < 0x20 || c == 0x7F) {
      absl::StrAppendFormat(&quoted, "\\x%02X", c);
    } else {
      quoted += static_cast<char>(c);
    }
  }
  return quoted + "\"";
}

// A text of several lines that can stand as it is, indented.
bool FitsABlock(const std::string& text) {
  return absl::StrContains(text, '\n') && text[0] != ' ' && text[0] != '\n' && text[0] != '\t' &&
         !HasOddCharacter(text, "\n\t");
}

class Writer {
 public:
  std::string Write(const YamlNode& document) {
    if (IsInline(document)) {
      Value(document, 0);
    } else {
      Block(document, 0);
    }
    return std::move(out_);
  }

 private:
  static bool IsInline(const YamlNode& node) {
    switch (node.kind) {
      case YamlNode::Kind::kList:
        return node.items.empty();
      case YamlNode::Kind::kMap:
        return node.members.empty();
      default:
        return true;
    }
  }

  void Indent(int depth) { out_.append(static_cast<size_t>(depth) * 2, ' '); }

  // What stands behind "key: " or "- ", with the end of its line.
  void Value(const YamlNode& node, int depth) {
    switch (node.kind) {
      case YamlNode::Kind::kNull:
        out_ += "null\n";
        return;
      case YamlNode::Kind::kList:
        out_ += "[]\n";
        return;
      case YamlNode::Kind::kMap:
        out_ += "{}\n";
        return;
      case YamlNode::Kind::kScalar:
        if (!node.quoted || IsPlainWord(node.text)) {
          absl::StrAppend(&out_, node.text, "\n");
        } else if (FitsABlock(node.text)) {
          LiteralBlock(node.text, depth);
        } else {
          absl::StrAppend(&out_, InDoubleQuotes(node.text), "\n");
        }
        return;
    }
  }

  void LiteralBlock(const std::string& text, int depth) {
    const bool ends = text.ends_with('\n');
    out_ += !ends ? "|-\n" : text.ends_with("\n\n") ? "|+\n" : "|\n";
    std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
    if (ends) lines.pop_back();
    for (const absl::string_view line : lines) {
      if (!line.empty()) Indent(depth + 1);
      absl::StrAppend(&out_, line, "\n");
    }
  }

  void Members(const YamlNode& map, int depth, bool first_is_indented) {
    for (const YamlMember& member : map.members) {
      if (!first_is_indented) Indent(depth);
      first_is_indented = false;
      absl::StrAppend(&out_, IsPlainWord(member.key) ? member.key : InDoubleQuotes(member.key),
                      ":");
      if (IsInline(member.value)) {
        out_ += ' ';
        Value(member.value, depth);
      } else {
        out_ += '\n';
        Block(member.value, depth + 1);
      }
    }
  }

  void Block(const YamlNode& node, int depth) {
    if (node.kind == YamlNode::Kind::kMap) return Members(node, depth, false);
    for (const YamlNode& item : node.items) {
      Indent(depth);
      out_ += "- ";
      if (IsInline(item)) {
        Value(item, depth);
      } else if (item.kind == YamlNode::Kind::kMap) {
        Members(item, depth + 1, true);
      } else {
        out_ += '\n';
        Block(item, depth + 1);
      }
    }
  }

  std::string out_;
};

}  // namespace

std::string WriteYaml(const YamlNode& document) { return Writer().Write(document); }

YamlNode YamlText(std::string text) {
  YamlNode node = YamlPlain(std::move(text));
  node.quoted = true;
  return node;
}

YamlNode YamlPlain(std::string text) {
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = std::move(text);
  return node;
}

YamlNode YamlList(std::vector<YamlNode> items) {
  YamlNode node;
  node.kind = YamlNode::Kind::kList;
  node.items = std::move(items);
  return node;
}

YamlNode YamlMap(std::vector<std::pair<std::string, YamlNode>> members) {
  YamlNode node;
  node.kind = YamlNode::Kind::kMap;
  for (auto& [key, value] : members) node.members.push_back({key, {}, std::move(value)});
  return node;
}

YamlNode& MemberOf(YamlNode* map, const std::string& key) {
  WEIR_CHECK(map->kind == YamlNode::Kind::kMap);
  if (YamlMember* found = map->Find(key)) return found->value;
  map->members.push_back({key, {}, {}});
  return map->members.back().value;
}

}  // namespace weir
