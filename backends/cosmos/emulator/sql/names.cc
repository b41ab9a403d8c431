#include "backends/cosmos/emulator/sql/names.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Kind = Expression::Kind;

struct Names {
  const Names* around = nullptr;
  std::vector<const Source*> sources;

  const Source* Find(const std::string& name) const {
    for (const Source* source : sources) {
      if (source->alias == name) return source;
    }
    return around == nullptr ? nullptr : around->Find(name);
  }
};

class Resolver {
 public:
  explicit Resolver(Query* whole) : whole_(whole) {}

  // around: null where the first source is the container.
  absl::Status Resolve(Query* query, const Names* around) {
    Names names{around, {}};
    for (Source& source : query->sources) {
      const bool is_first = names.sources.empty();
      WEIR_RETURN_IF_ERROR(ResolveSource(&source, names, is_first && around == nullptr));
      query->reads_container |= is_first && around == nullptr;
      for (const Source* other : names.sources) {
        if (source.alias.empty() || other->alias != source.alias) continue;
        return QueryError("SC2011",
                          absl::StrCat("The input alias '", source.alias,
                                       "' is specified more than once in the FROM clause."),
                          source.extent);
      }
      names.sources.push_back(&source);
    }
    for (SelectItem& item : query->select) {
      WEIR_RETURN_IF_ERROR(Resolve(item.expression.get(), names));
    }
    if (query->where != nullptr) WEIR_RETURN_IF_ERROR(Resolve(query->where.get(), names));
    for (ExpressionPtr& key : query->group_by) WEIR_RETURN_IF_ERROR(Resolve(key.get(), names));
    for (OrderItem& item : query->order_by) {
      WEIR_RETURN_IF_ERROR(Resolve(item.expression.get(), names));
    }
    return absl::OkStatus();
  }

 private:
  absl::Status ResolveSource(Source* source, const Names& names, bool is_container) {
    if (!is_container) {
      WEIR_RETURN_IF_ERROR(Resolve(source->collection.get(), names));
      source->slot = whole_->bindings++;
      return absl::OkStatus();
    }
    Expression* e = source->collection.get();
    if (e->kind == Kind::kSubquery) {
      WEIR_RETURN_IF_ERROR(Resolve(e->query.get(), nullptr));
      source->slot = whole_->bindings++;
      return absl::OkStatus();
    }
    if (e->kind == Kind::kAlias && !source->iterates) {
      source->collection = nullptr;
      source->slot = 0;
      return absl::OkStatus();
    }
    while (e->kind != Kind::kAlias) {
      if (e->children.size() > 1) WEIR_RETURN_IF_ERROR(Resolve(e->children[1].get(), names));
      e = e->children[0].get();
    }
    e->slot = 0;
    source->slot = whole_->bindings++;
    return absl::OkStatus();
  }

  absl::Status Resolve(Expression* e, const Names& names) {
    if (e->kind == Kind::kAlias) {
      const Source* source = names.Find(e->name);
      if (source == nullptr) {
        return QueryError(
            "SC2001", absl::StrCat("Identifier '", e->name, "' could not be resolved."), e->extent);
      }
      e->slot = source->slot;
    }
    for (ExpressionPtr& child : e->children) WEIR_RETURN_IF_ERROR(Resolve(child.get(), names));
    return e->query == nullptr ? absl::OkStatus() : Resolve(e->query.get(), &names);
  }

  Query* whole_;
};

}  // namespace

absl::Status ResolveNames(Query* query) { return Resolver(query).Resolve(query, nullptr); }

}  // namespace weir::cosmos::emulator::sql
