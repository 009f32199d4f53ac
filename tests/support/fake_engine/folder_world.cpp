#include "folder_world.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fake {

FolderWorld::FolderWorld(std::string folder) : folder_(std::move(folder)) {
  lock_ = open((folder_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  flock(lock_, LOCK_EX);
  std::ifstream file(folder_ + "/state.json");
  state = json::parse(file);
}

FolderWorld::~FolderWorld() {
  close(lock_);
}

void FolderWorld::save() const {
  // A client may be killed at any moment; a real engine's state does not get lost by that.
  std::ofstream(folder_ + "/state.new") << state.dump();
  std::filesystem::rename(folder_ + "/state.new", folder_ + "/state.json");
}

void FolderWorld::append(const std::string& file, const std::string& text) {
  std::ofstream(folder_ + "/" + file, std::ios::app) << text + "\n";
}

bool FolderWorld::exists(const std::string& path) const {
  return std::filesystem::exists(path);
}

std::string FolderWorld::read(const std::string& path) const {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::string> FolderWorld::variable(const std::string& name) const {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

}  // namespace fake
