// std::random_device reads the kernel's generator (getrandom, or the processor's).
#include "engine/base/chance.hpp"

#include <random>

namespace spate {

uint64_t chance() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace spate
