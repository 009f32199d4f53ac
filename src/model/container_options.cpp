#include "segue/model/container_options.hpp"

#include <fmt/format.h>

namespace segue {

std::string cpus_text(long long milli_cpus) {
  std::string text = fmt::format("{}.{:03}", milli_cpus / 1000, milli_cpus % 1000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string limit_text(const ResourceLimit& limit) {
  return limit.soft == limit.hard ? std::to_string(limit.soft)
                                  : fmt::format("{}:{}", limit.soft, limit.hard);
}

std::string tmpfs_text(const std::string& path, const std::string& options) {
  return options.empty() ? path : path + ":" + options;
}

}  // namespace segue
