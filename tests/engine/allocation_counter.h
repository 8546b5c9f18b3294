// How often the test program has called operator new.
#pragma once

#include <cstddef>

namespace sluice {

std::size_t AllocationCount();

}  // namespace sluice
