// A table of text that fits a terminal: columns are dropped, least important first, until it does.
#pragma once

#include <string>
#include <vector>

namespace weir {

struct TextColumn {
  std::string head;
  int importance;  // the lowest is dropped first
  bool left = false;
};

class TextTable {
 public:
  explicit TextTable(std::vector<TextColumn> columns) : columns_(std::move(columns)) {}

  // Text of strangers loses its control characters.
  void Add(std::vector<std::string> cells);

  // Lines ending in '\n', each at most `width` columns wide where that is possible.
  std::string Render(int width) const;

 private:
  std::vector<size_t> Widths() const;
  std::vector<bool> Shown(const std::vector<size_t>& widths, int width) const;

  std::vector<TextColumn> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Columns that a terminal needs for UTF-8 text of ours (no wide characters).
size_t DisplayWidth(const std::string& text);

// Breaks at spaces; continued lines start with `indent`.
std::string Wrapped(const std::string& text, int width, const std::string& indent);

}  // namespace weir
