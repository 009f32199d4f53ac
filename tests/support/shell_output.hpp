// What a program prints when it gets a text on stdin: for tests that ask the real tools.
//   shell_output("cksum", "hello")   -> "3287646509 5\n"
#pragma once
#include "support/places.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

inline std::string shell_output(const std::string& command, const std::string& input) {
  std::string file = (std::filesystem::temp_directory_path() / "segue-test-XXXXXX").string();
  const int descriptor = mkstemp(file.data());
  if (descriptor < 0) return "no temporary file";
  close(descriptor);
  std::ofstream(file, std::ios::binary) << input;
  std::string output;
  FILE* pipe = popen((command + " <" + file + " 2>&1").c_str(), "r");
  char buffer[4096];
  for (size_t got = 0; pipe != nullptr && (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, got);
  if (pipe != nullptr) pclose(pipe);
  std::filesystem::remove(file);
  return output;
}

// Those shells that a host may have as its sh, of those that this machine has.
inline std::vector<std::string> shells_here() {
  std::vector<std::string> found{"/bin/sh"};
  for (const char* name : {"dash", "bash"})
    if (std::filesystem::exists(std::string("/bin/") + name)) found.emplace_back(name);
  const std::string own_busybox = segue::in_source("build/deps/tools/busybox");
  const std::string busybox = std::filesystem::exists(own_busybox) ? own_busybox : "/bin/busybox";
  if (std::filesystem::exists(busybox)) found.push_back(busybox + " sh");
  return found;
}
