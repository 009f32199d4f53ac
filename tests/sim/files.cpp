#include "files.hpp"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

class FileStream : public Stream {
 public:
  FileStream(Files& files, Files::NodePointer node, bool append)
      : files_(files), node_(std::move(node)), append_(append) {}

  bool write(std::string_view text) override {
    if (append_) position_ = node_->content.size();
    if (!files_.grow(*node_, position_ + text.size())) return false;
    node_->content.replace(position_, text.size(), text);
    position_ += text.size();
    return true;
  }
  bool read_line(std::string& line) override {
    const size_t end = node_->content.find('\n', position_);
    line = node_->content.substr(std::min(position_, node_->content.size()),
                                 end == std::string::npos ? end : end - position_);
    position_ = end == std::string::npos ? node_->content.size() : end + 1;
    return end != std::string::npos;
  }
  std::string read_all() override {
    const size_t from = std::min(position_, node_->content.size());
    position_ = node_->content.size();
    return node_->content.substr(from);
  }

 private:
  Files& files_;
  Files::NodePointer node_;
  bool append_;
  size_t position_ = 0;
};

}  // namespace

Files::Files() {
  nodes_["/"] = std::make_shared<Node>(Node{Node::Kind::folder, {}});
}

// Names of one node stay names of one node.
Files::Files(const Files& other) : disk_is_full(other.disk_is_full) {
  std::map<const Node*, NodePointer> copies;
  for (const auto& [path, node] : other.nodes_) {
    NodePointer& copy = copies[node.get()];
    if (!copy) copy = std::make_shared<Node>(*node);
    nodes_[path] = copy;
  }
}

Files& Files::operator=(const Files& other) {
  if (this == &other) return *this;
  Files copy(other);
  nodes_ = std::move(copy.nodes_);
  disk_is_full = other.disk_is_full;
  return *this;
}

const Files::NodePointer* Files::find(const std::string& path) const {
  const auto it = nodes_.find(path);
  if (it == nodes_.end()) return nullptr;
  if (it->second->kind != Node::Kind::link) return &it->second;
  const std::string& target = it->second->content;
  if (!target.starts_with('/')) return nullptr;  // relative ones only carry text here
  return find(target);
}

Files::NodePointer* Files::find(const std::string& path) {
  return const_cast<NodePointer*>(std::as_const(*this).find(path));
}

bool Files::has_parent(const std::string& path) const {
  return is_folder(parent_of(path));
}

bool Files::is_file(const std::string& path) const {
  const NodePointer* node = find(path);
  return node != nullptr && (*node)->kind == Node::Kind::file;
}

bool Files::is_folder(const std::string& path) const {
  const NodePointer* node = find(path);
  return node != nullptr && (*node)->kind == Node::Kind::folder;
}

bool Files::exists(const std::string& path) const {
  return find(path) != nullptr;
}

bool Files::is_link(const std::string& path) const {
  const auto it = nodes_.find(path);
  return it != nodes_.end() && it->second->kind == Node::Kind::link;
}

std::optional<std::string> Files::read(const std::string& path) const {
  if (!is_file(path)) return std::nullopt;
  return (*find(path))->content;
}

std::optional<std::string> Files::link_target(const std::string& path) const {
  if (!is_link(path)) return std::nullopt;
  return nodes_.at(path)->content;
}

bool Files::any_holds(const std::string& text) const {
  return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& entry) {
    return entry.second->content.find(text) != std::string::npos;
  });
}

std::vector<std::string> Files::names_in(const std::string& folder) const {
  const std::string prefix = folder == "/" ? "/" : folder + "/";
  std::vector<std::string> names;
  for (auto it = nodes_.upper_bound(prefix); it != nodes_.end(); ++it) {
    if (!it->first.starts_with(prefix)) break;
    const std::string rest = it->first.substr(prefix.size());
    if (rest.find('/') == std::string::npos) names.push_back(rest);
  }
  return names;
}

bool Files::write(const std::string& path, const std::string& text) {
  const NodePointer node = open(path, true, true);
  if (!node || !grow(*node, text.size())) return false;
  node->content = text;
  return true;
}

bool Files::make_folder(const std::string& path) {
  if (nodes_.contains(path) || !has_parent(path) || disk_is_full) return false;
  nodes_[path] = std::make_shared<Node>(Node{Node::Kind::folder, {}});
  return true;
}

bool Files::make_folders(const std::string& path) {
  if (is_folder(path)) return true;
  if (!is_folder(parent_of(path)) && !make_folders(parent_of(path))) return false;
  return make_folder(path);
}

bool Files::link(const std::string& from, const std::string& to) {
  const NodePointer* node = find(from);
  if (node == nullptr || nodes_.contains(to) || !has_parent(to)) return false;
  nodes_[to] = *node;
  return true;
}

bool Files::symlink(const std::string& target, const std::string& path) {
  if (nodes_.contains(path) || !has_parent(path)) return false;
  nodes_[path] = std::make_shared<Node>(Node{Node::Kind::link, target});
  return true;
}

bool Files::rename(const std::string& from, const std::string& to) {
  const auto it = nodes_.find(from);
  if (it == nodes_.end() || it->second->kind == Node::Kind::folder || !has_parent(to)) return false;
  const NodePointer node = it->second;
  nodes_.erase(it);
  nodes_[to] = node;
  return true;
}

bool Files::remove(const std::string& path) {
  const auto it = nodes_.find(path);
  if (it == nodes_.end() || it->second->kind == Node::Kind::folder) return false;
  nodes_.erase(it);
  return true;
}

void Files::remove_all(const std::string& path) {
  nodes_.erase(path);
  auto it = nodes_.lower_bound(path + "/");
  while (it != nodes_.end() && it->first.starts_with(path + "/")) it = nodes_.erase(it);
}

Files::NodePointer Files::open(const std::string& path, bool create, bool empty) {
  if (NodePointer* there = find(path)) {
    if ((*there)->kind != Node::Kind::file) return nullptr;
    if (empty) (*there)->content.clear();
    return *there;
  }
  if (!create || disk_is_full || !has_parent(path)) return nullptr;
  return nodes_[path] = std::make_shared<Node>();
}

bool Files::grow(Node& node, size_t size) {
  if (size <= node.content.size()) return true;
  if (disk_is_full) return false;
  node.content.resize(size);
  return true;
}

StreamPointer open_file(Files& files, Files::NodePointer node, bool append) {
  return std::make_shared<FileStream>(files, std::move(node), append);
}

}  // namespace sim
