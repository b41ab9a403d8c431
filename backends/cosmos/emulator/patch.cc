#include "backends/cosmos/emulator/patch.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/json_tree.h"
#include "backends/cosmos/emulator/sql/evaluate.h"
#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/rows.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;
using Kind = PatchOperation::Kind;
using Path = std::vector<std::string>;

absl::Status Wrong(const PatchOperation& operation, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the patch operation on ", operation.path_text, " ", std::string(why)));
}

// ---------------------------------------------------------------------------------- reading

// "/a/b~1c/0" by RFC 6901: ~1 is a slash, ~0 a tilde.
std::optional<Path> ParsePointer(std::string_view text) {
  Path path;
  if (text.size() < 2 || text[0] != '/') return std::nullopt;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '/') {
      path.emplace_back();
    } else if (text[at] == '~') {
      if (++at == text.size() || (text[at] != '0' && text[at] != '1')) return std::nullopt;
      path.back().push_back(text[at] == '0' ? '~' : '/');
    } else {
      path.back().push_back(text[at]);
    }
  }
  return path;
}

std::optional<Kind> KindOf(std::string_view name) {
  if (name == "add") return Kind::kAdd;
  if (name == "set") return Kind::kSet;
  if (name == "replace") return Kind::kReplace;
  if (name == "remove") return Kind::kRemove;
  if (name == "incr" || name == "increment") return Kind::kIncrement;
  if (name == "move") return Kind::kMove;
  return std::nullopt;
}

bool IsServerSet(const Path& path) {
  for (const char* name : {"id", "_rid", "_self", "_etag", "_ts", "_attachments"}) {
    if (path[0] == name) return true;
  }
  return false;
}

bool BeginsWith(const Path& path, const Path& with) {
  return path.size() >= with.size() && std::equal(with.begin(), with.end(), path.begin());
}

absl::StatusOr<PatchOperation> ReadOperation(element json) {
  PatchOperation operation;
  std::string_view text;
  if (json["op"].get(text) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("a patch operation has no op");
  }
  const auto kind = KindOf(text);
  if (!kind) {
    return absl::InvalidArgumentError(absl::StrCat("unknown patch operation ", std::string(text),
                                                   "; add, set, replace, remove, incr, move"));
  }
  operation.kind = *kind;
  if (json["path"].get(text) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("a patch operation has no path");
  }
  operation.path_text = text;
  auto path = ParsePointer(text);
  if (!path) return Wrong(operation, "has a malformed path: it must begin with a slash");
  operation.path = *std::move(path);
  if (IsServerSet(operation.path)) return Wrong(operation, "would change a system property");
  if (*kind == Kind::kMove) {
    if (json["from"].get(text) != simdjson::SUCCESS) return Wrong(operation, "has no from");
    auto from = ParsePointer(text);
    if (!from || IsServerSet(*from)) return Wrong(operation, "cannot move this from");
    if (BeginsWith(operation.path, *from)) {
      return Wrong(operation, "would move a value into itself");
    }
    operation.from = *std::move(from);
  } else if (*kind != Kind::kRemove) {
    element value;
    if (json["value"].get(value) != simdjson::SUCCESS) return Wrong(operation, "has no value");
    if (*kind == Kind::kIncrement && !value.is_number()) {
      return Wrong(operation, "needs a number to increment by");
    }
    operation.value = simdjson::minify(value);
  }
  return operation;
}

// --------------------------------------------------------------------------------- applying

JsonTree FromText(const std::string& json) {
  simdjson::dom::parser parser;
  element value;
  JsonTree tree;
  if (parser.parse(json).get(value) == simdjson::SUCCESS) tree = JsonTree::From(value);
  return tree;
}

constexpr size_t kEnd = SIZE_MAX;

// The index that an array's path step names: kEnd for "-", nothing when it is no index.
std::optional<size_t> IndexOf(std::string_view step) {
  if (step == "-") return kEnd;
  size_t index = 0;
  const auto read = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool leading_zero = step.size() > 1 && step[0] == '0';
  if (read.ec != std::errc() || read.ptr != step.data() + step.size() || leading_zero) {
    return std::nullopt;
  }
  return index;
}

JsonTree* Step(JsonTree* tree, const std::string& name) {
  if (tree->kind != JsonTree::Kind::kArray) return tree->Member(name);
  const auto index = IndexOf(name);
  return index && *index < tree->elements.size() ? &tree->elements[*index] : nullptr;
}

// What holds the path's last step; null when it is not there.
JsonTree* ParentOf(JsonTree* root, const Path& path) {
  JsonTree* tree = root;
  for (size_t i = 0; tree != nullptr && i + 1 < path.size(); ++i) tree = Step(tree, path[i]);
  const bool holds = tree != nullptr && (tree->kind == JsonTree::Kind::kArray ||
                                         tree->kind == JsonTree::Kind::kObject);
  return holds ? tree : nullptr;
}

void Erase(JsonTree* parent, const std::string& name) {
  if (parent->kind == JsonTree::Kind::kArray) {
    parent->elements.erase(parent->elements.begin() + static_cast<ptrdiff_t>(*IndexOf(name)));
  } else {
    std::erase_if(parent->members, [&](const JsonMember& member) { return member.name == name; });
  }
}

// add inserts into an array, set and replace put in place of what is there.
absl::Status Put(const PatchOperation& operation, JsonTree* parent, bool insert, JsonTree value) {
  const std::string& name = operation.path.back();
  if (parent->kind == JsonTree::Kind::kObject) {
    parent->SetMember(name, std::move(value));
    return absl::OkStatus();
  }
  auto index = IndexOf(name);
  auto& elements = parent->elements;
  if (index == kEnd) index = elements.size();
  if (!index) return Wrong(operation, "names no index of the array there: a number or -");
  if (*index > elements.size()) return Wrong(operation, "names an index beyond the array's end");
  if (insert || *index == elements.size()) {
    elements.insert(elements.begin() + static_cast<ptrdiff_t>(*index), std::move(value));
  } else {
    elements[*index] = std::move(value);
  }
  return absl::OkStatus();
}

// Whole numbers are added as such while they fit.
absl::Status Increment(const PatchOperation& operation, JsonTree* number) {
  if (number->kind != JsonTree::Kind::kNumber) return Wrong(operation, "needs a number there");
  const auto whole = [](const std::string& text, int64_t* value) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), *value);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
  };
  int64_t a = 0;
  int64_t b = 0;
  int64_t sum = 0;
  if (whole(number->text, &a) && whole(operation.value, &b) &&
      !__builtin_add_overflow(a, b, &sum)) {
    number->text = absl::StrCat(sum);
    return absl::OkStatus();
  }
  double x = 0;
  double y = 0;
  std::from_chars(number->text.data(), number->text.data() + number->text.size(), x);
  std::from_chars(operation.value.data(), operation.value.data() + operation.value.size(), y);
  if (!std::isfinite(x + y)) return Wrong(operation, "leaves the range of numbers");
  number->text.clear();
  AppendJsonNumber(x + y, &number->text);
  return absl::OkStatus();
}

absl::Status Move(const PatchOperation& operation, JsonTree* root) {
  JsonTree* from = ParentOf(root, operation.from);
  JsonTree* moved = from == nullptr ? nullptr : Step(from, operation.from.back());
  if (moved == nullptr) return Wrong(operation, "moves a value that the item does not have");
  JsonTree value = std::move(*moved);
  Erase(from, operation.from.back());
  JsonTree* parent = ParentOf(root, operation.path);
  if (parent == nullptr) return Wrong(operation, "has a parent that the item does not have");
  return Put(operation, parent, true, std::move(value));
}

absl::Status ApplyOne(const PatchOperation& operation, JsonTree* root) {
  if (operation.kind == Kind::kMove) return Move(operation, root);
  JsonTree* parent = ParentOf(root, operation.path);
  if (parent == nullptr) return Wrong(operation, "has a parent that the item does not have");
  JsonTree* existing = Step(parent, operation.path.back());
  switch (operation.kind) {
    case Kind::kAdd:
      return Put(operation, parent, true, FromText(operation.value));
    case Kind::kReplace:
      if (existing == nullptr) return Wrong(operation, "replaces what the item does not have");
      [[fallthrough]];
    case Kind::kSet:
      return Put(operation, parent, false, FromText(operation.value));
    case Kind::kRemove:
      if (existing == nullptr) return Wrong(operation, "removes what the item does not have");
      Erase(parent, operation.path.back());
      return absl::OkStatus();
    case Kind::kIncrement:
      if (existing == nullptr) return Put(operation, parent, false, FromText(operation.value));
      return Increment(operation, existing);
    case Kind::kMove:
      break;
  }
  return absl::OkStatus();
}

absl::StatusOr<sql::Query> ReadCondition(std::string_view text) {
  auto query = sql::Parse(absl::StrCat("SELECT * ", std::string(text)), {});
  absl::Status status = query.status();
  if (status.ok() && query->where == nullptr) {
    status = absl::InvalidArgumentError("it must read: from c where …");
  }
  if (status.ok()) return query;
  return absl::InvalidArgumentError(
      absl::StrCat("the condition of the patch, read behind 'SELECT * ', is wrong: ",
                   std::string(status.message())));
}

}  // namespace

absl::StatusOr<Patch> Patch::Parse(element body) {
  Patch patch;
  simdjson::dom::array operations;
  std::string_view condition;
  if (body.get(operations) != simdjson::SUCCESS &&
      body["operations"].get(operations) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("a patch needs an array of operations");
  }
  if (operations.size() == 0 || operations.size() > kMaxPatchOperations) {
    return absl::InvalidArgumentError("a patch has 1 to 10 operations");
  }
  for (const element json : operations) {
    WEIR_ASSIGN_OR_RETURN(PatchOperation operation, ReadOperation(json));
    patch.operations_.push_back(std::move(operation));
  }
  if (body.is_object() && body["condition"].get(condition) == simdjson::SUCCESS) {
    WEIR_ASSIGN_OR_RETURN(patch.condition_, ReadCondition(condition));
  }
  return patch;
}

bool Patch::Holds(element item) const {
  if (!condition_) return true;
  absl::InlinedVector<sql::Value, 2> bindings(static_cast<size_t>(condition_->bindings));
  bindings[0] = sql::Value::FromJson(item);
  sql::Scope scope;
  scope.bindings = absl::MakeSpan(bindings);
  scope.now_us = WallUnixNs() / 1000;
  // The condition may join: it holds when one of the item's tuples passes it.
  return !sql::ForEachTuple(*condition_, scope, 0, [] { return false; });
}

absl::StatusOr<std::string> Patch::Apply(element item) const {
  JsonTree tree = JsonTree::From(item);
  for (const PatchOperation& operation : operations_) {
    WEIR_RETURN_IF_ERROR(ApplyOne(operation, &tree));
  }
  std::string json;
  tree.Append(&json);
  return json;
}

}  // namespace weir::cosmos::emulator
