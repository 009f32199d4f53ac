#include "places.hpp"

namespace segue {

std::string in_source(const std::string& path) {
  return SEGUE_SOURCE_FOLDER "/" + path;
}

std::string in_build(const std::string& path) {
  return SEGUE_BUILD_FOLDER "/" + path;
}

}  // namespace segue
