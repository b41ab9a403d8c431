// Host names that exist in this test program only.
#pragma once

namespace weir::cosmos {

inline constexpr char kTwoAddresses[] = "two-addresses.test";  // 127.0.0.2, then 127.0.0.1

}  // namespace weir::cosmos
