#include "reports/text_table.h"

#include <gtest/gtest.h>

#include "base/printable.h"

namespace weir {
namespace {

TextTable Sample() {
  TextTable table({{"name", 9, true}, {"p50", 2}, {"p99", 3}});
  table.Add({"read", "812 µs", "1.20 ms"});
  table.Add({"recent_errors", "–", "14.0 ms"});
  return table;
}

TEST(TextTable, AlignsTextLeftAndNumbersRight) {
  EXPECT_EQ(Sample().Render(80),
            "  name              p50      p99\n"
            "  read           812 µs  1.20 ms\n"
            "  recent_errors       –  14.0 ms\n");
}

TEST(TextTable, DropsTheLeastImportantColumnFirst) {
  EXPECT_EQ(Sample().Render(30),
            "  name               p99\n"
            "  read           1.20 ms\n"
            "  recent_errors  14.0 ms\n");
}

TEST(TextTable, NeverDropsTheLastColumn) {
  EXPECT_EQ(Sample().Render(1), "  name\n  read\n  recent_errors\n");
}

TEST(Wrapped, BreaksAtSpacesAndIndentsWhatFollows) {
  EXPECT_EQ(Wrapped("one two three", 9, "  "), "one two\n  three\n");
  EXPECT_EQ(Wrapped("", 9, "  "), "\n");
  EXPECT_EQ(Wrapped("a_word_that_is_too_long", 9, "  "), "a_word_that_is_too_long\n");
}

TEST(Printable, KeepsTextAndDropsControl) { EXPECT_EQ(Printable("\x1b[31mµs\x7f\n"), " [31mµs  "); }

}  // namespace
}  // namespace weir
