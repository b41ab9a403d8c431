#include "control/control_address.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

bool Local(const std::string& text) {
  const auto address = ParseControlAddress(text);
  EXPECT_TRUE(address.ok()) << address.status();
  return address.ok() && OnThisMachine(*address);
}

TEST(ControlAddress, TakesHostsAndPorts) {
  EXPECT_EQ(ParseControlAddress("10.0.0.5:7070")->host, "10.0.0.5");
  EXPECT_EQ(ParseControlAddress("10.0.0.5:7070")->port, 7070);
  EXPECT_EQ(ParseControlAddress("[::1]:80")->host, "::1");
  EXPECT_EQ(ParseControlAddress("[::1]:80")->ToString(), "[::1]:80");
  EXPECT_EQ(ParseControlAddress("coordinator.example:0")->port, 0);
}

// gRPC by itself would take some of these, and not as an address that was checked.
TEST(ControlAddress, RefusesEverythingElse) {
  for (const char* text :
       {"", "host", ":7070", "host:", "host:65536", "host:-1", "host:7o70", "unix:/tmp/socket",
        "dns:///host:70", "ipv4:10.0.0.5:70", "::1:70", "[::1]", "user@host:70", "a b:70"}) {
    EXPECT_FALSE(ParseControlAddress(text).ok()) << text;
  }
}

TEST(ControlAddress, AListNamesEachOnce) {
  EXPECT_EQ(ParseControlAddresses("a:1,b:2")->size(), 2u);
  EXPECT_FALSE(ParseControlAddresses("a:1,a:1").ok());
  EXPECT_FALSE(ParseControlAddresses("a:1,").ok());
}

TEST(ControlAddress, AllOfTheLoopbackNetIsThisMachine) {
  EXPECT_TRUE(Local("127.0.0.1:1"));
  EXPECT_TRUE(Local("127.0.0.2:1"));
  EXPECT_TRUE(Local("127.255.255.254:1"));
  EXPECT_TRUE(Local("[::1]:1"));
  EXPECT_TRUE(Local("localhost:1"));
}

TEST(ControlAddress, AllInterfacesAndOtherAddressesAreNot) {
  EXPECT_FALSE(Local("0.0.0.0:1"));
  EXPECT_FALSE(Local("[::]:1"));
  EXPECT_FALSE(Local("10.0.0.5:1"));
  EXPECT_FALSE(Local("128.0.0.1:1"));
  EXPECT_FALSE(Local("no-such-name.invalid:1"));
}

}  // namespace
}  // namespace weir
