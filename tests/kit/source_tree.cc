#include "tests/kit/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weir {
namespace {

namespace fs = std::filesystem;

// A .git is a folder, or in a worktree a file.
bool IsMade(const fs::path& path) {
  static const std::set<std::string> kMade = {".git", "build", "out", "node_modules"};
  return kMade.contains(path.filename().string());
}

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<SourceFile> ReadTree() {
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator("."); entry != fs::end(entry); ++entry) {
    if (entry->is_directory() && IsMade(entry->path())) entry.disable_recursion_pending();
    if (!entry->is_regular_file() || IsMade(entry->path())) continue;
    files.push_back(MakeSourceFile(entry->path().lexically_normal().string(), ReadText(*entry)));
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace

std::string SourceFile::folder() const { return fs::path(path).parent_path().string(); }

std::string SourceFile::name() const { return fs::path(path).filename().string(); }

std::string SourceFile::extension() const {
  const std::string with_dot = fs::path(path).extension().string();
  return with_dot.empty() ? with_dot : with_dot.substr(1);
}

const std::vector<SourceFile>& SourceTree() {
  static const auto* const tree = new std::vector<SourceFile>(ReadTree());
  return *tree;
}

SourceFile MakeSourceFile(const std::string& path, const std::string& text) {
  SourceFile file{path, {}};
  const bool binary = text.find('\0') != std::string::npos;
  if (!binary && !text.empty()) file.lines = absl::StrSplit(text, '\n');
  return file;
}

std::string FindLines(const std::vector<SourceFile>& files,
                      const std::function<bool(const SourceFile&)>& applies,
                      const std::function<bool(const std::string& line)>& wrong) {
  std::string found;
  for (const SourceFile& file : files) {
    if (!applies(file)) continue;
    for (size_t i = 0; i < file.lines.size(); ++i) {
      if (!wrong(file.lines[i])) continue;
      absl::StrAppend(&found, file.path, ":", i + 1, ": ", file.lines[i].substr(0, 120), "\n");
    }
  }
  return found;
}

}  // namespace weir
