#pragma once

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "schema/error.h"

namespace bygone::test {

// The value of what must not fail where no assertion can be made.
template <class T>
T need(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

}  // namespace bygone::test
