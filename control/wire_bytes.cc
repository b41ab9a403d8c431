#include "control/wire_bytes.h"

#include "base/check.h"

namespace weir {

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message) {
  const size_t size = message.ByteSizeLong();
  grpc_slice bytes = grpc_slice_malloc(size);
  WEIR_CHECK(message.SerializeToArray(GRPC_SLICE_START_PTR(bytes), static_cast<int>(size)));
  const grpc::Slice slice(bytes, grpc::Slice::STEAL_REF);
  return grpc::ByteBuffer(&slice, 1);
}

void WithBytes(const grpc::ByteBuffer& buffer, const std::function<void(std::string_view)>& use) {
  grpc::Slice slice;
  // A message as long as a report comes in pieces, and is put together.
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) slice = {};
  use({reinterpret_cast<const char*>(slice.begin()), slice.size()});
}

}  // namespace weir
