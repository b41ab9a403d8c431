// Owns an object of a C library, which has its own function to free it:
// std::unique_ptr<X509, FreeWith<X509_free>>. Header-only; any thread.
#pragma once

namespace weir {

template <auto Free>
struct FreeWith {
  template <typename Object>
  void operator()(Object* object) const {
    Free(object);
  }
};

}  // namespace weir
