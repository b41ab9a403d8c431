#include "backends/cosmos/emulator/patch.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace weir::cosmos::emulator {
namespace {

// What the operations make of the item, or what is said of the refusal.
std::string Apply(const std::string& operations, const std::string& item) {
  simdjson::dom::parser patches;
  simdjson::dom::parser items;
  const auto patch =
      Patch::Parse(patches.parse(absl::StrCat(R"({"operations":)", operations, "}")).value());
  if (!patch.ok()) return std::string(patch.status().message());
  const auto edited = patch->Apply(items.parse(item).value());
  return edited.ok() ? *edited : std::string(edited.status().message());
}

TEST(Patch, CarriesOutItsOperationsInTheirOrder) {
  EXPECT_EQ(Apply(R"([{"op":"move","from":"/a","path":"/b"},{"op":"incr","path":"/b","value":1},
                      {"op":"add","path":"/c","value":[1]},{"op":"add","path":"/c/0","value":0}])",
                  R"({"id":"i","a":1})"),
            R"({"id":"i","b":2,"c":[0,1]})");
}

TEST(Patch, ReadsThePathsOfRfc6901) {
  EXPECT_EQ(Apply(R"([{"op":"set","path":"/a~1b/c~0d","value":1}])", R"({"a/b":{}})"),
            R"({"a/b":{"c~d":1}})");
  EXPECT_NE(Apply(R"([{"op":"set","path":"/a~2","value":1}])", "{}").find("malformed path"),
            std::string::npos);
}

TEST(Patch, LeavesNumbersAloneThatItDoesNotChange) {
  EXPECT_EQ(Apply(R"([{"op":"incr","path":"/n","value":9007199254740993}])",
                  R"({"n":0,"big":9007199254740993,"x":0.1})"),
            R"({"n":9007199254740993,"big":9007199254740993,"x":0.1})");
  EXPECT_EQ(Apply(R"([{"op":"incr","path":"/n","value":1}])", R"({"n":9223372036854775807})"),
            R"({"n":9223372036854775808})");
  EXPECT_EQ(Apply(R"([{"op":"incr","path":"/n","value":-0.5}])", R"({"n":2})"), R"({"n":1.5})");
}

TEST(Patch, SaysWhichOperationDoesNotFitAndWhy) {
  EXPECT_EQ(Apply(R"([{"op":"remove","path":"/x"}])", "{}"),
            "the patch operation on /x removes what the item does not have");
  EXPECT_EQ(Apply(R"([{"op":"move","from":"/a","path":"/a/b"}])", R"({"a":{}})"),
            "the patch operation on /a/b would move a value into itself");
  EXPECT_EQ(Apply(R"([{"op":"incr","path":"/a","value":"1"}])", R"({"a":1})"),
            "the patch operation on /a needs a number to increment by");
  EXPECT_EQ(Apply("[]", "{}"), "a patch has 1 to 10 operations");
}

TEST(Patch, ItsConditionIsAFilter) {
  simdjson::dom::parser patches;
  simdjson::dom::parser items;
  const auto holds = [&](const std::string& condition, const std::string& item) {
    const auto patch =
        Patch::Parse(patches
                         .parse(absl::StrCat(R"({"condition":")", condition,
                                             R"(","operations":[{"op":"remove","path":"/x"}]})"))
                         .value());
    EXPECT_TRUE(patch.ok()) << patch.status();
    return patch.ok() && patch->Holds(items.parse(item).value());
  };
  EXPECT_TRUE(holds("from c where c.v > 1 and not is_defined(c.w)", R"({"v":2})"));
  EXPECT_FALSE(holds("from c where c.v > 1", R"({"v":1})"));
  EXPECT_FALSE(holds("from c where c.v > 1", R"({"v":"2"})"));  // undefined is not true
  const char exists[] = "from c where exists(select value t from t in c.tags where t = 'x')";
  EXPECT_TRUE(holds(exists, R"({"tags":["y","x"]})"));
  EXPECT_FALSE(holds(exists, R"({"tags":["y"]})"));
}

}  // namespace
}  // namespace weir::cosmos::emulator
