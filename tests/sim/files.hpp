// A host's files, in memory: as much of them as scripts touch. Names are absolute and plain (no
// `..`). A copy is a snapshot: it shares nothing with the original.
//   Files files; files.make_folders("/var/lib/segue"); files.write("/var/lib/segue/live", "1\n");
#pragma once
#include "streams.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sim {

class Files {
 public:
  struct Node {
    enum class Kind { file, folder, link } kind = Kind::file;
    std::string content;  // of a file, or where a link leads to
  };
  using NodePointer = std::shared_ptr<Node>;

  Files();
  Files(const Files& other);
  Files& operator=(const Files& other);
  ~Files() = default;

  bool is_file(const std::string& path) const;  // through a link
  bool is_folder(const std::string& path) const;
  bool exists(const std::string& path) const;
  bool is_link(const std::string& path) const;
  std::optional<std::string> read(const std::string& path) const;
  std::optional<std::string> link_target(const std::string& path) const;
  bool any_holds(const std::string& text) const;
  std::vector<std::string> names_in(const std::string& folder) const;

  // False: no such folder, something is in the way, or the disk is full.
  bool write(const std::string& path, const std::string& text);
  bool make_folder(const std::string& path);
  bool make_folders(const std::string& path);
  bool link(const std::string& from, const std::string& to);  // a second name
  bool symlink(const std::string& target, const std::string& path);
  bool rename(const std::string& from, const std::string& to);
  bool remove(const std::string& path);  // a file or a link
  void remove_all(const std::string& path);

  NodePointer open(const std::string& path, bool create, bool empty);
  bool grow(Node& node, size_t size);  // false when the disk is full

  bool disk_is_full = false;

 private:
  const NodePointer* find(const std::string& path) const;
  NodePointer* find(const std::string& path);
  bool has_parent(const std::string& path) const;

  std::map<std::string, NodePointer> nodes_;
};

// `files` must outlive it.
StreamPointer open_file(Files& files, Files::NodePointer node, bool append);

}  // namespace sim
