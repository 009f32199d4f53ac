#include "extends.hpp"

#include "scalar.hpp"
#include "yaml_reader.hpp"

#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace segue {
namespace {

constexpr size_t kMostFiles = 8;
constexpr std::string_view kExtends = "extends";

YamlNodePointer overlay(const YamlNodePointer& below, const YamlNodePointer& above) {
  if (below->kind != YamlNode::Kind::map || above->kind != YamlNode::Kind::map) return above;
  auto merged = std::make_shared<YamlNode>(*below);
  merged->at = above->at;
  std::map<std::string_view, size_t> places;
  for (size_t i = 0; i < below->entries.size(); ++i) places[below->entries[i].key] = i;
  for (const YamlEntry& entry : above->entries) {
    const auto place = places.find(entry.key);
    if (place == places.end()) {
      merged->entries.push_back(entry);
      continue;
    }
    YamlEntry& both = merged->entries[place->second];
    both = {entry.key, entry.key_at, overlay(both.value, entry.value)};
  }
  return merged;
}

YamlNodePointer without_extends(const YamlNodePointer& root) {
  if (root->find(kExtends) == nullptr) return root;
  auto rest = std::make_shared<YamlNode>(*root);
  std::erase_if(rest->entries, [](const YamlEntry& entry) { return entry.key == kExtends; });
  return rest;
}

// "config/deploy.production.yml" and "../deploy.yml" are "deploy.yml".
std::string beside(const std::string& file, std::string_view path) {
  std::vector<std::string> parts;
  const size_t slash = file.rfind('/');
  const bool absolute = file.starts_with('/');
  std::vector<std::string> all = split(file.substr(0, slash == std::string::npos ? 0 : slash), '/');
  for (std::string& part : split(path, '/')) all.push_back(std::move(part));
  for (std::string& part : all) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..")
      parts.pop_back();
    else
      parts.push_back(std::move(part));
  }
  return (absolute ? "/" : "") + join(parts, "/");
}

class Chain {
 public:
  explicit Chain(const LoadRequest& request) : request_(request) {}

  ExtendedDocument read() {
    std::optional<std::string> file = request_.file;
    std::string text = request_.text;
    while (file) {
      files_.push_back(*file);
      YamlDocument document = read_yaml(*file, text);
      document_.texts[*file] = std::move(text);
      std::ranges::move(document.errors, std::back_inserter(document_.errors));
      if (!document.root || !is_map(*document.root)) return broken(document.root);
      layers_.push_back(document.root);
      file = next(*document.root, text);
      if (stopped_) return broken(nullptr);
    }
    document_.root = without_extends(layers_.back());
    for (size_t i = layers_.size() - 1; i-- > 0;)
      document_.root = overlay(document_.root, without_extends(layers_[i]));
    return std::move(document_);
  }

 private:
  // What follows is only said about a first file: of others it would be said about the wrong one.
  ExtendedDocument broken(const YamlNodePointer& root) {
    if (layers_.empty()) document_.root = root;
    return std::move(document_);
  }

  bool is_map(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::map || layers_.empty())
      return root.kind == YamlNode::Kind::map;
    stop(root.at, fmt::format("the file must be a map of keys, not {}", describe(root)), "");
    return false;
  }

  void stop(const SourceSpan& at, std::string what, std::string hint) {
    document_.errors.push_back({Code::usage, std::move(what), std::move(hint), {}, at});
    stopped_ = true;
  }

  // The file that this one extends, with its text; nothing at the end of the chain.
  std::optional<std::string> next(const YamlNode& root, std::string& text) {
    const YamlEntry* extends = root.find(kExtends);
    if (extends == nullptr) return std::nullopt;
    const YamlNode& value = *extends->value;
    if (value.kind != YamlNode::Kind::scalar || value.text.empty() || value.text.front() == '/' ||
        find_variable(value.text)) {
      stop(value.at,
           fmt::format("`extends` must be a file beside this one, not {}", describe(value)),
           "such as extends: deploy.yml; a path is relative to this file's folder");
      return std::nullopt;
    }
    std::string file = beside(files_.back(), value.text);
    if (const auto first = std::ranges::find(files_, file); first != files_.end()) {
      stop(value.at,
           fmt::format("files extend each other in a circle: {} -> {}",
                       visible(join({first, files_.end()}, " -> ")), visible(file)),
           "remove one `extends`");
      return std::nullopt;
    }
    if (files_.size() == kMostFiles) {
      stop(value.at, fmt::format("more than {} files extend each other", kMostFiles), "");
      return std::nullopt;
    }
    if (!request_.read) {
      stop(value.at, "`extends` does not work here", "write everything into one file");
      return std::nullopt;
    }
    auto read = request_.read(file);
    if (!read) {
      stop(value.at, read.error().what, read.error().hint);
      return std::nullopt;
    }
    text = std::move(*read);
    return file;
  }

  const LoadRequest& request_;
  ExtendedDocument document_;
  std::vector<std::string> files_;
  std::vector<YamlNodePointer> layers_;  // the first is on top
  bool stopped_ = false;
};

}  // namespace

ExtendedDocument read_extended(const LoadRequest& request) {
  return Chain(request).read();
}

}  // namespace segue
