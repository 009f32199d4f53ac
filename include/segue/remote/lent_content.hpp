// A manifest or a blob that is lent to a host without a registry.
#pragma once
#include "segue/remote/data_reader.hpp"

#include <string>

namespace segue {

struct LentContent {
  std::string type;             // of a manifest: "application/vnd.docker.distribution.manifest..."
  unsigned long long size = 0;  // in bytes
  DataReader data;              // what it finds damaged it ends before its last byte
  size_t turn = 0;              // of what is asked for at once the lowest is sent first
};

}  // namespace segue
