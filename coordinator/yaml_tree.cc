#include "coordinator/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weir {
namespace {

// Turns yaml-cpp's marks (bytes, from 0) into places (characters, from 1).
class Lines {
 public:
  Lines(const std::string& text, std::string file)
      : lines_(absl::StrSplit(text, '\n')), file_(std::move(file)) {}

  Place PlaceOf(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 1, 1};
    int column = 1;
    for (char c : TextUpTo(mark)) column += (c & 0xC0) != 0x80;
    return {file_, mark.line + 1, column};
  }

  bool StartsAt(const YAML::Mark& mark, absl::string_view word) const {
    return absl::StartsWith(Line(mark).substr(TextUpTo(mark).size()), word);
  }

 private:
  absl::string_view Line(const YAML::Mark& mark) const {
    const auto line = static_cast<size_t>(mark.line);
    return line < lines_.size() ? lines_[line] : absl::string_view();
  }
  absl::string_view TextUpTo(const YAML::Mark& mark) const {
    return Line(mark).substr(0, static_cast<size_t>(mark.column));
  }

  std::vector<absl::string_view> lines_;
  std::string file_;
};

// Builds the tree from yaml-cpp's events; an alias is an event, so that none is ever expanded.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Lines& lines, std::vector<Problem>* problems)
      : lines_(lines), problems_(problems) {}

  YamlNode TakeRoot() { return std::move(root_); }
  const std::optional<Place>& document_place() const { return document_place_; }

  void OnDocumentStart(const YAML::Mark& mark) override { document_place_ = lines_.PlaceOf(mark); }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node = NodeAt(mark, anchor);
    // YAML reads the bare word null as nothing; as a key it is a word like any other.
    if (ExpectsKey() && lines_.StartsAt(mark, "null")) {
      node.kind = YamlNode::Kind::kScalar;
      node.text = "null";
    }
    Attach(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*name) are not allowed in a campaign; write the value out");
    Attach(NodeAt(mark, YAML::NullAnchor));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode node = NodeAt(mark, anchor);
    node.kind = YamlNode::Kind::kScalar;
    node.text = value;
    node.quoted = tag == "!";
    RefuseTag(mark, tag);
    Attach(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Frame {
    YamlNode node;
    std::optional<YamlNode> key;      // kMap: read, its value is to come
    std::map<std::string, int> seen;  // kMap: key → line
  };

  void Refuse(const YAML::Mark& mark, std::string message) {
    problems_->push_back(ProblemAt(lines_.PlaceOf(mark), std::move(message)));
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") {
      Refuse(mark, absl::StrCat("tags (", InQuotes(tag), ") are not allowed in a campaign"));
    }
  }

  YamlNode NodeAt(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      Refuse(mark,
             "anchors (&name) are not allowed in a campaign; write each value where it is used");
    }
    YamlNode node;
    node.place = lines_.PlaceOf(mark);
    return node;
  }

  bool ExpectsKey() const {
    return skipped_levels_ == 0 && !open_.empty() &&
           open_.back().node.kind == YamlNode::Kind::kMap && !open_.back().key.has_value();
  }

  void Open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    if (skipped_levels_ > 0 || open_.size() >= kMaxYamlDepth) {
      if (skipped_levels_++ == 0) {
        Refuse(mark, absl::StrCat("nested more than ", kMaxYamlDepth, " levels deep"));
      }
      return;
    }
    RefuseTag(mark, tag);
    open_.push_back({NodeAt(mark, anchor), std::nullopt, {}});
    open_.back().node.kind = kind;
  }

  void Close() {
    if (skipped_levels_ > 0) {
      if (--skipped_levels_ == 0) Attach(YamlNode());
      return;
    }
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Attach(std::move(node));
  }

  void Attach(YamlNode node) {
    if (skipped_levels_ > 0) return;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = open_.back();
    if (frame.node.kind == YamlNode::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key.has_value()) {
      frame.key = std::move(node);
    } else {
      AddMember(&frame, std::move(node));
      frame.key.reset();
    }
  }

  void AddMember(Frame* frame, YamlNode value) {
    const YamlNode& key = *frame->key;
    if (key.kind != YamlNode::Kind::kScalar) {
      problems_->push_back(ProblemAt(key.place, "a key must be a word"));
      return;
    }
    auto [first, is_new] = frame->seen.emplace(key.text, key.place.line);
    if (!is_new) {
      problems_->push_back(ProblemAt(
          key.place, absl::StrCat("the key ", InQuotes(key.text), " is already given in line ",
                                  first->second, "; remove one of the two")));
      return;
    }
    if (value.kind == YamlNode::Kind::kNull) value.place = key.place;
    frame->node.members.push_back({key.text, key.place, std::move(value)});
  }

  const Lines& lines_;
  std::vector<Problem>* problems_;
  std::vector<Frame> open_;
  int skipped_levels_ = 0;
  YamlNode root_;
  std::optional<Place> document_place_;
};

void Parse(const std::string& text, const Lines& lines, TreeBuilder* builder,
           std::vector<Problem>* problems) {
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(*builder);
    std::vector<Problem> ignored;
    TreeBuilder second(lines, &ignored);
    if (parser.HandleNextDocument(second)) {
      problems->push_back(ProblemAt(second.document_place().value_or(lines.PlaceOf(YAML::Mark())),
                                    "a second document starts here; a campaign is one document"));
    }
  } catch (const YAML::Exception& error) {
    problems->push_back(
        ProblemAt(lines.PlaceOf(error.mark), absl::StrCat("not valid YAML: ", error.msg)));
  }
}

}  // namespace

YamlMember* YamlNode::Find(const std::string& key) {
  for (YamlMember& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const YamlMember* YamlNode::Find(const std::string& key) const {
  return const_cast<YamlNode*>(this)->Find(key);
}

YamlNode ParseYaml(const std::string& text, const std::string& file,
                   std::vector<Problem>* problems) {
  if (text.size() > kMaxYamlBytes) {
    problems->push_back({file, 0, 0, "larger than 1 MiB; a campaign file is a few KiB"});
    return {};
  }
  constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::string body =
      absl::StartsWith(text, kByteOrderMark) ? text.substr(kByteOrderMark.size()) : text;
  const Lines lines(body, file);
  TreeBuilder builder(lines, problems);
  Parse(body, lines, &builder, problems);
  return builder.TakeRoot();
}

}  // namespace weir
