// What a login shell prints before our shell takes over: a line that nobody can guess says where
// that ends, the same way on each transport.
#pragma once
#include <string>

namespace segue {

class LoginNoise {
 public:
  LoginNoise();

  // For the command line; the shell prints it as a line of its own before it does anything else.
  const std::string& marker() const { return marker_; }
  bool is_over() const { return is_over_; }
  const std::string& text() const { return text_; }  // its end, until it is over
  std::string& text() { return text_; }
  // Leaves of the output what comes after the marker.
  void strip_from(std::string& output);

 private:
  std::string marker_;
  std::string text_;
  bool is_over_ = false;
};

}  // namespace segue
