// Runs a query's text over one item, for the tests of the query language.
#pragma once

#include <simdjson.h>

#include <string>
#include <vector>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/rows.h"

namespace weir::cosmos::emulator::sql {

// 2026-01-02T03:04:05.678901Z: what the functions of the current time see.
inline constexpr int64_t kNowUs = 1'767'323'045'678'901;

// The rows as a JSON array, or the error's message.
inline std::string RowsOf(const std::string& text, const std::string& item,
                          const std::vector<Parameter>& parameters = {}) {
  const auto query = Parse(text, parameters);
  if (!query.ok()) return std::string(query.status().message());
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(item);
  std::vector<Value> bindings(static_cast<size_t>(query->bindings));
  bindings[0] = Value::FromJson(parser.parse(padded));
  Scope scope;
  scope.bindings = absl::MakeSpan(bindings);
  scope.now_us = kNowUs;
  std::string json = "[";
  for (const Value& row : Rows(*query, scope)) {
    if (json.size() > 1) json.push_back(',');
    row.AppendJson(&json);
  }
  return json + "]";
}

// One expression's JSON; "undefined" when it is.
inline std::string ValueOf(const std::string& expression, const std::string& item) {
  const std::string rows = RowsOf("SELECT VALUE " + expression + " FROM c", item);
  if (rows.empty() || rows[0] != '[') return rows;
  return rows == "[]" ? "undefined" : rows.substr(1, rows.size() - 2);
}

}  // namespace weir::cosmos::emulator::sql
