// The few colours that lines for people use, as the terminal's codes.
#pragma once

namespace segue {

inline constexpr const char* kBold = "1";
inline constexpr const char* kDim = "2";
inline constexpr const char* kRed = "31";
inline constexpr const char* kGreen = "32";
inline constexpr const char* kYellow = "33";

}  // namespace segue
