#include "backends/cosmos/emulator/document.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cosmos::emulator {
namespace {

class DocumentTest : public ::testing::Test {
 protected:
  void Use(const std::string& policy, const std::vector<PropertyPath>& key = {{"pk"}}) {
    policy_ = IndexingPolicy::Compile(policy, key).value();
  }
  const char* Read(const std::string& json) {
    text_ = json;
    text_.reserve(text_.size() + simdjson::SIMDJSON_PADDING);
    return reader_.Read(text_, policy_, true, &view_);
  }
  int Terms(const std::string& json) {
    EXPECT_EQ(Read(json), nullptr);
    return view_.terms;
  }

  IndexingPolicy policy_ = IndexingPolicy::Compile("", {{"pk"}}).value();
  std::string text_;
  DocumentReader reader_;
  DocumentView view_;
};

TEST_F(DocumentTest, FindsIdAndKeyAndKeepsTheText) {
  const std::string json = R"({"id":"a","v":[1,{"x":true}],"pk":42})";
  ASSERT_EQ(Read(json), nullptr);
  EXPECT_EQ(view_.id, "a");
  EXPECT_EQ(view_.key[0], PartitionKeyValue::Number(42));
  EXPECT_EQ(view_.json, json);
}

TEST_F(DocumentTest, FindsNestedAndHierarchicalKeys) {
  Use("", {{"a", "b"}, {"t"}});
  ASSERT_EQ(Read(R"({"id":"1","t":null,"a":{"b":"x"},"b":"no"})"), nullptr);
  EXPECT_EQ(view_.key[0], PartitionKeyValue::String("x"));
  EXPECT_EQ(view_.key[1], PartitionKeyValue::Null());
}

TEST_F(DocumentTest, AMissingKeyIsUndefinedAndNotNull) {
  ASSERT_EQ(Read(R"({"id":"1"})"), nullptr);
  EXPECT_EQ(view_.key[0], PartitionKeyValue());
}

TEST_F(DocumentTest, UndoesEscapes) {
  ASSERT_EQ(Read(R"({"\u0069d":"a\u00e9\"","pk":"\n"})"), nullptr);
  EXPECT_EQ(view_.id, "aé\"");
  EXPECT_EQ(view_.key[0], PartitionKeyValue::String("\n"));
}

TEST_F(DocumentTest, DropsSpacesAndSystemProperties) {
  ASSERT_EQ(Read("{ \"id\" : \"a\",\n \"_ts\":1, \"_etag\":\"x\",\"v\": [1, 2] }"), nullptr);
  EXPECT_EQ(view_.json, R"({"id":"a","v":[1,2]})");
  ASSERT_EQ(Read(R"({"id":"a","_rid":"r","_self":"s","_attachments":"t","_own":1})"), nullptr);
  EXPECT_EQ(view_.json, R"({"id":"a","_own":1})");
}

TEST_F(DocumentTest, RefusesWhatIsNotAnItem) {
  for (const char* json : {"", "[]", "1", "{", R"({"id":"a"}x)", R"({"id":"a","v":tru})",
                           R"({"id":"a","v":01})", R"({"id":"a","v":nul})", R"({"id":"a" "v":1})",
                           R"({"id":1})", R"({"id":"a","v":"\q"})", "{\"id\":\"a\nb\"}"}) {
    EXPECT_NE(Read(json), nullptr) << json;
  }
}

TEST_F(DocumentTest, CountsEveryScalarByDefault) {
  EXPECT_EQ(Terms(R"({"id":"a","pk":"b"})"), 2);
  EXPECT_EQ(Terms(R"({"id":"a","pk":"b","x":{"y":1,"z":[1,2,null]},"e":[],"o":{}})"), 6);
}

TEST_F(DocumentTest, CountsOnlyWhatThePolicyIncludes) {
  const std::string json = R"({"id":"a","pk":"b","x":{"y":1,"z":2},"w":3})";
  Use(R"({"includedPaths":[{"path":"/x/*"}],"excludedPaths":[{"path":"/*"}]})");
  EXPECT_EQ(Terms(json), 4);
  Use(R"({"includedPaths":[{"path":"/*"}],"excludedPaths":[{"path":"/x/y/?"}]})");
  EXPECT_EQ(Terms(json), 4);
  Use(R"({"includedPaths":[{"path":"/x/y/?"}],"excludedPaths":[{"path":"/*"}]})");
  EXPECT_EQ(Terms(json), 3);
  Use(R"({"indexingMode":"none","automatic":false})");
  EXPECT_EQ(Terms(json), 0);
}

TEST_F(DocumentTest, CountsCompositeEntriesWhosePartsAreAllThere) {
  Use(R"({"includedPaths":[],"excludedPaths":[{"path":"/*"}],
          "compositeIndexes":[[{"path":"/x"},{"path":"/y","order":"descending"}]]})");
  EXPECT_EQ(Terms(R"({"id":"a","pk":"b","x":1,"y":2})"), 3);
  EXPECT_EQ(Terms(R"({"id":"a","pk":"b","x":1})"), 2);
}

TEST_F(DocumentTest, CountsChangedTermsOnly) {
  ASSERT_EQ(Read(R"({"id":"a","pk":"b","x":1,"gone":true,"list":[1,2]})"), nullptr);
  const auto before = view_.indexed_terms;
  ASSERT_EQ(Read(R"({"list":[1,3],"new":"n","x":1.0,"pk":"b","id":"a"})"), nullptr);
  EXPECT_EQ(CountChangedTerms(before, view_.indexed_terms), 3);  // gone, new, list[1]
  EXPECT_EQ(CountChangedTerms(before, before), 0);
}

TEST_F(DocumentTest, TheMorePreciseRuleWins) {
  const std::string json =
      R"({"id":"a","pk":"b","food":{"kind":"x","parts":[{"n":1,"w":2},{"n":3,"w":4}]}})";
  Use(R"({"includedPaths":[{"path":"/*"}],"excludedPaths":[{"path":"/food/*"}]})");
  EXPECT_EQ(Terms(json), 2);
  Use(R"({"includedPaths":[{"path":"/*"},{"path":"/food/parts/[]/n/?"}],
          "excludedPaths":[{"path":"/food/*"}]})");
  EXPECT_EQ(Terms(json), 4);
  Use(R"({"includedPaths":[{"path":"/food/parts/*"}],
          "excludedPaths":[{"path":"/*"},{"path":"/food/parts/[]/w/?"}]})");
  EXPECT_EQ(Terms(json), 4);
  Use(R"({"includedPaths":[{"path":"/*"},{"path":"/food/kind/?"}],
          "excludedPaths":[{"path":"/food/kind/*"},{"path":"/food/parts/[]/*"}]})");
  EXPECT_EQ(Terms(json), 3);
}

TEST_F(DocumentTest, AnArraysElementsAndItsObjectsPropertiesAreApart) {
  const std::string json = R"({"id":"a","pk":"b","tags":["x",{"name":"y"},["z"]]})";
  Use(R"({"includedPaths":[{"path":"/tags/[]/?"}],"excludedPaths":[{"path":"/*"}]})");
  EXPECT_EQ(Terms(json), 3);
  Use(R"({"includedPaths":[{"path":"/tags/[]/name/?"}],"excludedPaths":[{"path":"/*"}]})");
  EXPECT_EQ(Terms(json), 3);
  Use(R"({"includedPaths":[{"path":"/tags/[]/[]/?"}],"excludedPaths":[{"path":"/*"}]})");
  EXPECT_EQ(Terms(json), 3);
  Use(R"({"includedPaths":[{"path":"/tags/[]/*"}],"excludedPaths":[{"path":"/*"}]})");
  EXPECT_EQ(Terms(json), 5);
}

TEST_F(DocumentTest, WithoutAutomaticOnlyWhatTheRequestNamesIsIndexed) {
  const std::string json = R"({"id":"a","pk":"b","x":1})";
  Use(R"({"automatic":false})");
  EXPECT_EQ(Terms(json), 0);
  reader_.set_directive(IndexingDirective::kInclude);
  EXPECT_EQ(Terms(json), 3);
  Use("");
  reader_.set_directive(IndexingDirective::kExclude);
  EXPECT_EQ(Terms(json), 0);
}

TEST_F(DocumentTest, ACompositeEntryChangesWithAnyOfItsValues) {
  Use(R"({"includedPaths":[],"excludedPaths":[{"path":"/*"}],
          "compositeIndexes":[[{"path":"/x"},{"path":"/y"}],[{"path":"/y"},{"path":"/z"}]]})");
  ASSERT_EQ(Read(R"({"id":"a","pk":"b","x":1,"y":2,"z":3})"), nullptr);
  const auto before = view_.indexed_terms;
  ASSERT_EQ(Read(R"({"id":"a","pk":"b","x":5,"y":2,"z":3})"), nullptr);
  EXPECT_EQ(CountChangedTerms(before, view_.indexed_terms), 1);
  ASSERT_EQ(Read(R"({"id":"a","pk":"b","x":1,"y":5,"z":3})"), nullptr);
  EXPECT_EQ(CountChangedTerms(before, view_.indexed_terms), 2);
  ASSERT_EQ(Read(R"({"id":"a","pk":"b","x":1,"y":2})"), nullptr);
  EXPECT_EQ(CountChangedTerms(before, view_.indexed_terms), 1);
}

std::string JsonOf(const std::string& policy) {
  const auto compiled = IndexingPolicy::Compile(policy, {{"pk"}});
  return compiled.ok() ? compiled->json() : std::string(compiled.status().message());
}

TEST(IndexingPolicy, IsReturnedAsTheServiceCompletesIt) {
  const std::string all =
      R"({"indexingMode":"consistent","automatic":true,"includedPaths":[{"path":"/*"}],)"
      R"("excludedPaths":[{"path":"/\"_etag\"/?"}]})";
  EXPECT_EQ(JsonOf(""), all);
  EXPECT_EQ(JsonOf("{}"), all);
  EXPECT_EQ(JsonOf(R"({"indexingMode":"Consistent","includedPaths":[],"excludedPaths":[]})"), all);
  EXPECT_EQ(JsonOf(R"({"indexingMode":"none"})"),
            R"({"indexingMode":"none","automatic":false,"includedPaths":[],"excludedPaths":[]})");
  EXPECT_EQ(JsonOf(R"({"excludedPaths":[{"path":"/*"}],
                 "compositeIndexes":[[{"path":"/a"},{"path":"/b","order":"Descending"}]]})"),
            R"({"indexingMode":"consistent","automatic":true,"includedPaths":[],)"
            R"("excludedPaths":[{"path":"/*"},{"path":"/\"_etag\"/?"}],"compositeIndexes":[[)"
            R"({"path":"/a","order":"ascending"},{"path":"/b","order":"descending"}]]})");
}

TEST(IndexingPolicy, SaysWhatIsWrongInTheServicesWords) {
  const std::string near = " could not be accepted, failed near position ";
  EXPECT_TRUE(JsonOf(R"({"includedPaths":[{"path":"/*"},{"path":"/odd-name/?"}]})")
                  .starts_with("The indexing path '/odd-name/?'" + near + "'4'."));
  EXPECT_TRUE(JsonOf(R"({"includedPaths":[{"path":"/*"},{"path":"/a/*/b/?"}]})")
                  .starts_with("The indexing path '/a/*/b/?'" + near + "'3'."));
  EXPECT_TRUE(JsonOf(R"({"includedPaths":[{"path":"/*"},{"path":"/name"}]})")
                  .starts_with("The indexing path '/name'" + near + "'5'."));
  EXPECT_EQ(JsonOf(R"({"includedPaths":[{"path":"/*"},{"path":"/\"odd-name\"/?"}]})").front(), '{');
  EXPECT_EQ(JsonOf(R"({"includedPaths":[{"path":"/a/?"}],"excludedPaths":[{"path":"/b/?"}]})"),
            "The special mandatory indexing path \"/\" is not provided in any of the path type "
            "sets. Please provide this path in one of the sets.");
  EXPECT_EQ(JsonOf(R"({"indexingMode":"none","automatic":true})"),
            "Indexing mode value cannot be 'none' when automatic indexing is specified as 'true'.");
}

TEST(IndexingPolicy, RefusesContradictionsAndUnknownParts) {
  for (const char* policy : {"[]", "1", R"({"automatic":"yes"})", R"({"includedPaths":{}})",
                             R"({"includedPaths":["/*"]})", R"({"includedPaths":[{"path":"/?"}]})",
                             R"({"includedPaths":[{"path":"/*"}],"excludedPaths":[{"path":"/*"}]})",
                             R"({"compositeIndexes":[[{"path":"/a"}]]})",
                             R"({"compositeIndexes":[[{"path":"/a/*"},{"path":"/b"}]]})",
                             R"({"compositeIndexes":[[{"path":"/a/[]/x"},{"path":"/b"}]]})",
                             R"({"compositeIndexes":[[{"path":"/a","order":"up"},{"path":"/b"}]]})",
                             R"({"compositeIndexes":[{"path":"/a"},{"path":"/b"}]})",
                             R"({"vectorIndexes":[{"path":"/v","type":"flat"}]})"}) {
    EXPECT_FALSE(IndexingPolicy::Compile(policy, {}).ok()) << policy;
  }
}

TEST(IndexingPolicy, SaysWhichPathsAnIndexCovers) {
  const auto policy = IndexingPolicy::Compile(
      R"({"includedPaths":[{"path":"/a/*"},{"path":"/b/?"}],"excludedPaths":[{"path":"/*"},
          {"path":"/a/secret/*"}]})",
      {{"pk"}});
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->Covers({"a", "x", "y"}));
  EXPECT_TRUE(policy->Covers({"b"}));
  EXPECT_TRUE(policy->Covers({"pk"}));
  EXPECT_TRUE(policy->Covers({"id"}));
  EXPECT_FALSE(policy->Covers({"a", "secret", "z"}));
  EXPECT_FALSE(policy->Covers({"b", "c"}));
  EXPECT_FALSE(policy->Covers({"c"}));
}

TEST(IndexingPolicy, RefusesAPolicyWithoutTheRootPath) {
  EXPECT_FALSE(IndexingPolicy::Compile(R"({"includedPaths":[{"path":"/a/*"}]})", {}).ok());
  EXPECT_FALSE(IndexingPolicy::Compile(R"({"indexingMode":"sometimes"})", {}).ok());
  EXPECT_FALSE(IndexingPolicy::Compile(R"({"includedPaths":[{"path":"a"}]})", {}).ok());
}

}  // namespace
}  // namespace weir::cosmos::emulator
