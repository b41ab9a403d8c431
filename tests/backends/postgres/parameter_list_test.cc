#include "backends/postgres/parameter_list.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

std::string Bytes(ParameterList& list, int position) {
  return {list.values()[position], static_cast<size_t>(list.lengths()[position])};
}

TEST(ParameterList, KeepsValuesWhereTheyAreWhileItGrows) {
  ParameterList list;
  std::string text = "first";
  list.Add(FieldType::kText, Value::Text(text));
  text = "gone!";
  for (int i = 0; i < 1000; ++i) list.Add(FieldType::kInt64, Value::Integer(i));
  ASSERT_EQ(list.size(), 1001);
  EXPECT_EQ(Bytes(list, 0), "first");
  EXPECT_EQ(Bytes(list, 1000), std::string("\0\0\0\0\0\0\3\xe7", 8));
  EXPECT_EQ(list.bytes(), 5u + 8000u);
  for (int i = 0; i < list.size(); ++i) EXPECT_EQ(list.formats()[i], 1);
}

TEST(ParameterList, IsEmptyAfterClear) {
  ParameterList list;
  list.Add(FieldType::kBool, Value::Bool(true));
  list.Clear();
  EXPECT_EQ(list.size(), 0);
  EXPECT_EQ(list.bytes(), 0u);
  list.Add(FieldType::kDouble, Value::Real(1.0));
  EXPECT_EQ(Bytes(list, 0), std::string("\x3f\xf0\0\0\0\0\0\0", 8));
}

}  // namespace
}  // namespace weir
