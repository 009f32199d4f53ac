#include "login_noise.hpp"

#include "limits.hpp"

#include "segue/os/random.hpp"

namespace segue {

LoginNoise::LoginNoise() : marker_("segue-shell-" + random_hex(8)) {}

void LoginNoise::strip_from(std::string& output) {
  if (is_over_) return;
  text_ += output;
  output.clear();
  const size_t at = text_.find(marker_ + "\n");
  if (at == std::string::npos) {
    // What could still be the beginning of the marker is at the end.
    if (text_.size() > kMostLoginNoise) text_.erase(0, text_.size() - kMostLoginNoise);
    return;
  }
  is_over_ = true;
  output = text_.substr(at + marker_.size() + 1);
  text_.clear();
}

}  // namespace segue
