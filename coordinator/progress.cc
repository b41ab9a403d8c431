#include "coordinator/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "base/printable.h"
#include "coordinator/live/live_text.h"

namespace weir {
namespace {

constexpr uint32_t kPlainLineEverySeconds = 5;

// Of a line that must not wrap, or it could not be rewritten.
size_t WidthOf(std::FILE* out) {
  constexpr size_t kDefault = 100;
  winsize size{};
  const bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return std::max<size_t>(20, known ? size.ws_col - size_t{1} : kDefault);
}

}  // namespace

Progress::Progress(std::FILE* out, bool quiet)
    : out_(out), terminal_(isatty(fileno(out)) != 0), quiet_(quiet) {}

void Progress::Begin() { End(); }

void Progress::Second(const LiveRun& run) {
  // After the last planned second only stragglers complete.
  if (quiet_ || run.progress().Overtime()) return;
  if (terminal_) return Rewrite(LiveLines(run, WidthOf(out_)));
  if (run.point().second % kPlainLineEverySeconds == 0) {
    std::fprintf(out_, "%s\n", Printable(LiveLine(run)).c_str());
    std::fflush(out_);
  }
}

void Progress::Rewrite(const std::vector<std::string>& lines) {
  if (open_lines_ > 0) std::fprintf(out_, "\033[%zuA", open_lines_);
  for (const std::string& line : lines) std::fprintf(out_, "\r\033[K%s\n", Printable(line).c_str());
  open_lines_ = lines.size();
  std::fflush(out_);
}

void Progress::Say(const std::string& line) {
  End();
  std::fprintf(out_, "%s\n", Printable(line).c_str());
  std::fflush(out_);
}

// What stands there stays.
void Progress::End() { open_lines_ = 0; }

}  // namespace weir
