// The one form of archive that hosts unpack: what tar(1) of GNU, busybox and BSD all read. Times
// and owners are left out, so that the same files are the same bytes on every machine.
//   tar_header({"content/app.json", 0644, 12}) + bytes + tar_padding(12) + tar_end()
#pragma once
#include <string>

namespace segue {

struct TarEntry {
  std::string path;  // relative, without a slash at the end
  unsigned mode = 0;
  unsigned long long size = 0;  // bytes that follow; of a folder: 0
  bool is_folder = false;
  std::string link{};  // what a symbolic link leads to; empty: it is none
};

std::string tar_header(const TarEntry& entry);  // a multiple of 512 bytes
std::string tar_padding(unsigned long long size);
std::string tar_end();

}  // namespace segue
