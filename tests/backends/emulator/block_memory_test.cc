#include "backends/cosmos/emulator/block_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

struct Block {
  unsigned char* bytes;
  size_t size;
  unsigned char filled;
};

bool IsWhole(const Block& block) {
  for (size_t i = 0; i < block.size; ++i) {
    if (block.bytes[i] != block.filled) return false;
  }
  return true;
}

// Sizes around every class, some beyond the largest, freed and allocated again in any order: no
// block is ever written by another's owner.
TEST(BlockMemory, BlocksNeverOverlap) {
  ItemMemory items;
  BlockMemory memory(&items);
  std::vector<Block> blocks;
  for (uint64_t step = 0; step < 20'000; ++step) {
    if (!blocks.empty() && Draw(1, 2 * step) % 3 == 0) {
      const size_t which = Draw(2, step) % blocks.size();
      ASSERT_TRUE(IsWhole(blocks[which])) << step;
      memory.Free(blocks[which].bytes, blocks[which].size);
      blocks[which] = blocks.back();
      blocks.pop_back();
      continue;
    }
    const size_t size = Draw(3, step) % (step % 50 == 0 ? BlockMemory::kLargest + 1 : 700);
    auto* bytes = static_cast<unsigned char*>(memory.Allocate(size));
    ASSERT_EQ(reinterpret_cast<uintptr_t>(bytes) % 16, 0u);
    blocks.push_back({bytes, size, static_cast<unsigned char>(step)});
    std::memset(bytes, blocks.back().filled, size);
  }
  for (const Block& block : blocks) {
    EXPECT_TRUE(IsWhole(block));
    memory.Free(block.bytes, block.size);
  }
}

TEST(BlockMemory, GivesAFreedBlockAgain) {
  ItemMemory items;
  BlockMemory memory(&items);
  void* const block = memory.Allocate(100);
  memory.Free(block, 100);
  EXPECT_EQ(memory.Allocate(97), block);  // of the same class
  memory.Free(block, 97);
}

}  // namespace
}  // namespace weir::cosmos::emulator
