// The project's own files, as the tests of the kit read them. What the build or a package manager
// made is left out.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace weir {

struct SourceFile {
  std::string path;  // from the root, "base/clock.h"
  std::vector<std::string> lines;

  std::string folder() const;     // "base"; "" at the root
  std::string name() const;       // "clock.h"
  std::string extension() const;  // "h"; "" when there is none
};

// Every file below the root (the working directory), in order of path; binary files without lines.
const std::vector<SourceFile>& SourceTree();

SourceFile MakeSourceFile(const std::string& path, const std::string& text);

// One line per finding, "path:line: text"; empty when all is well.
std::string FindLines(const std::vector<SourceFile>& files,
                      const std::function<bool(const SourceFile&)>& applies,
                      const std::function<bool(const std::string& line)>& wrong);

}  // namespace weir
