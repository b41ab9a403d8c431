#include "base/loopback.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Loopback, SocketsAndLoopbackAddressesAreThisMachine) {
  for (const char* host : {"", "/var/run/postgresql", "@weir", "127.0.0.1", "127.8.0.1", "::1",
                           "[::1]", "::ffff:127.0.0.1", "localhost", "127.0.0.1,localhost"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
}

TEST(Loopback, EverythingElseIsNot) {
  for (const char* host : {"10.0.0.5", "0.0.0.0", "1.127.0.1", "127.0.0.1,10.0.0.5", "fe80::1",
                           "::ffff:10.0.0.1", "no.such.host.invalid", "127.example.invalid"}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace weir
