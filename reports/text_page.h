// A page of text for a terminal: wrapped to its width, coloured only when asked. Text of strangers
// loses its control characters on the way. One thread.
#pragma once

#include <string>

namespace weir {

enum class Ink { kPlain, kBold, kGood, kWarning, kBad };

class TextPage {
 public:
  TextPage(int width, bool colour) : width_(width), colour_(colour) {}

  void Line(const std::string& line);     // as it is
  void Heading(const std::string& text);  // after an empty line
  void Bullet(const std::string& text) { Indented("  - ", text); }
  // Later lines stand under the first word after the bullet.
  void Indented(const std::string& bullet, const std::string& text, Ink ink = Ink::kPlain);
  void Add(const std::string& lines);  // already fitted: a table

  std::string Paint(Ink ink, const std::string& text) const;
  int width() const { return width_; }
  std::string Take();  // what was written; leaves nothing

 private:
  const int width_;
  const bool colour_;
  std::string text_;
};

}  // namespace weir
