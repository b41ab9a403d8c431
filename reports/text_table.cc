#include "reports/text_table.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_split.h"

#include "base/printable.h"

namespace weir {
namespace {

constexpr size_t kGap = 2;

std::string Padded(const std::string& text, size_t width, bool left) {
  const std::string space(width - std::min(width, DisplayWidth(text)), ' ');
  return left ? text + space : space + text;
}

std::vector<std::string> Words(const std::string& text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

void TrimRight(std::string* line) { line->erase(line->find_last_not_of(' ') + 1); }

}  // namespace

size_t DisplayWidth(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Wrapped(const std::string& text, int width, const std::string& indent) {
  std::string wrapped;
  std::string line;
  for (const std::string& word : Words(text)) {
    const bool full = !line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) >
                                           static_cast<size_t>(std::max(width, 1));
    if (full) wrapped += std::exchange(line, indent) + "\n";
    if (!line.empty() && line != indent) line += ' ';
    line += word;
  }
  return wrapped + line + "\n";
}

void TextTable::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<size_t> TextTable::Widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].head);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width + kGap);
  }
  return widths;
}

std::vector<bool> TextTable::Shown(const std::vector<size_t>& widths, int width) const {
  std::vector<bool> shown(columns_.size(), true);
  size_t total = std::accumulate(widths.begin(), widths.end(), size_t{0});
  size_t left = columns_.size();
  while (total > static_cast<size_t>(width) && left > 1) {
    size_t least = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      const bool lower =
          least == columns_.size() || columns_[i].importance <= columns_[least].importance;
      if (shown[i] && lower) least = i;
    }
    shown[least] = false;
    total -= widths[least];
    --left;
  }
  return shown;
}

std::string TextTable::Render(int width) const {
  const std::vector<size_t> widths = Widths();
  const std::vector<bool> shown = Shown(widths, width);
  std::vector<std::string> heads;
  for (const TextColumn& column : columns_) heads.push_back(column.head);
  std::string text;
  const auto append = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!shown[i]) continue;
      if (columns_[i].left) line += std::string(kGap, ' ');
      line += Padded(cells[i], widths[i] - (columns_[i].left ? kGap : 0), columns_[i].left);
    }
    TrimRight(&line);
    text += line + "\n";
  };
  append(heads);
  for (const auto& row : rows_) append(row);
  return text;
}

}  // namespace weir
