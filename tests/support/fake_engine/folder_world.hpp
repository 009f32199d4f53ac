// The engine of the program `fake_engine`: its state is in the folder that FAKE_ENGINE names, so
// that each call of the program is a client of one engine. Beside the logs there is state.json.
#pragma once
#include "world.hpp"

namespace fake {

// Holds the engine's lock for as long as it lives.
class FolderWorld : public World {
 public:
  explicit FolderWorld(std::string folder);
  ~FolderWorld() override;

  void save() const;
  void append(const std::string& file, const std::string& text) override;
  bool exists(const std::string& path) const override;
  std::string read(const std::string& path) const override;
  std::optional<std::string> variable(const std::string& name) const override;

 private:
  std::string folder_;
  int lock_ = -1;
};

}  // namespace fake
