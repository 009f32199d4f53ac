// The two fixed upstreams of a service at the proxy.
#pragma once
#include <string>
#include <string_view>

namespace segue {

enum class Slot { blue, green };

inline Slot other(Slot slot) {
  return slot == Slot::blue ? Slot::green : Slot::blue;
}
inline std::string to_string(Slot slot) {
  return slot == Slot::blue ? "blue" : "green";
}
inline Slot slot_named(std::string_view name) {
  return name == "green" ? Slot::green : Slot::blue;
}

}  // namespace segue
