#include "backends/cosmos/wire/effective_partition_key.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::cosmos {
namespace {

using Value = PartitionKeyValue;

struct Vector {
  Value value;
  const char* epk;
};

const Vector kVectors[] = {
    {Value::String("a"), "3A5381E1114EB8D3FCC90795045B49B7"},
    {Value::String("redmond"), "22E342F38A486A088463DFF7838A5963"},
    {Value::String(""), "32E9366E637A71B4E710384B2F4970A0"},
    {Value::String("é€😀"), "23C529E839B5720BFB9001DF68875EA9"},
    {Value::Number(42), "08E6D561F6FD951DCC25E7E4EA2884B5"},
    {Value::Number(0), "155B95BEDAC4B1E9EC1CDC9BB0DDDE58"},
    {Value::Number(-1.5), "151793206780805FF6E1DCAE6C787B6A"},
    {Value::Bool(true), "0E711127C5B5A8E4726AC6DD306A3E59"},
    {Value::Bool(false), "2FE1BE91E90A3439635E0E9E37361EF2"},
    {Value::Null(), "378867E4430E67857ACE5C908374FE16"},
    {Value(), "11622DAA78F835834610ABE56EFF5CB5"},
    {Value::String("p1"), "062B23DEC15212F01B9A85F4E93A940C"},
    {Value::String("partitionKey"), "013AEFCF77FA271571CF665A58C933F1"},
};

TEST(EffectivePartitionKey, AgreesWithTheVectorsOfTheOfficialSdk) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(HashPartitionKey(vector.value).ToHex(), vector.epk) << vector.value.text();
  }
}

// The vector's listing cuts the string short; only one length gives the hash.
TEST(EffectivePartitionKey, AgreesWithTheVectorOfALongString) {
  int matches = 0;
  for (int length = 0; length <= 3000; ++length) {
    const std::string text(length, 'x');
    matches += HashPartitionKey(Value::String(text)).ToHex() == "0F00B5EB061FA944A362B8945ACB258D";
  }
  EXPECT_EQ(matches, 1);
}

TEST(EffectivePartitionKey, HashesALevelAtATimeForHierarchicalKeys) {
  const Value levels[] = {Value::String("T"), Value::String("U")};
  const EffectivePartitionKey key = HashPartitionKey(levels);
  EXPECT_EQ(key.ToHex(), "017A5127EDEAEAFD8E3C9E8C0081CB34179BE6732892B835A99D02FFA3F050F5");
  const EffectivePartitionKey prefix = HashPartitionKey(levels[0]);
  EXPECT_EQ(prefix.ToHex(), "017A5127EDEAEAFD8E3C9E8C0081CB34");
  EXPECT_LE(prefix, key);
  EXPECT_LT(key, EndOfPrefix(prefix));
}

TEST(EffectivePartitionKey, OrdersAPrefixBeforeWhatItBegins) {
  const auto key = [](const char* hex) { return *EffectivePartitionKey::FromHex(hex); };
  EXPECT_LT(key(""), key("00"));
  EXPECT_LT(key("1FFF"), key("1FFF00"));
  EXPECT_LT(key("1FFF00"), key("20"));
  EXPECT_LT(key("3FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"), EndOfKeySpace());
  EXPECT_EQ(key("1fff"), key("1FFF"));
}

TEST(EffectivePartitionKey, RefusesWhatIsNotHex) {
  EXPECT_FALSE(EffectivePartitionKey::FromHex("0").has_value());
  EXPECT_FALSE(EffectivePartitionKey::FromHex("0G").has_value());
  EXPECT_FALSE(EffectivePartitionKey::FromHex(std::string(98, '0')).has_value());
}

TEST(EvenBound, CutsTheKeySpaceWhereTheServiceDoes) {
  EXPECT_EQ(EvenBound(0, 4).ToHex(), "");
  EXPECT_EQ(EvenBound(1, 2).ToHex(), "1FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(EvenBound(1, 4).ToHex(), "0FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(EvenBound(3, 4).ToHex(), "2FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
  EXPECT_EQ(EvenBound(4, 4).ToHex(), "FF");
}

}  // namespace
}  // namespace weir::cosmos
