#include "read_uploads.hpp"

#include "mounts_and_ports.hpp"

#include "segue/base/number.hpp"
#include "segue/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace segue {
namespace {

constexpr unsigned kMostMode = 0777;
constexpr size_t kLongestOwner = 64;

// "./templates//" -> "templates"; what is left of "." is ".".
std::string normal_path(std::string_view path) {
  std::vector<std::string> parts;
  for (std::string& part : split(path, '/'))
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  return parts.empty() ? "." : join(parts, "/");
}

bool is_mode(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

Result<unsigned> parse_mode(std::string_view text) {
  const auto mode = text.size() <= 5 ? parse_number<unsigned>(text, 8) : std::nullopt;
  if (mode && *mode <= kMostMode) return *mode;
  return fail(Code::usage, fmt::format("\"{}\" is not a mode", visible(text)),
              "write it in octal, like 600 or 0755");
}

bool is_owner(std::string_view text) {
  const auto part = [](std::string_view name) {
    return !name.empty() && name.front() != '-' && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-' || c == '.' || c == '$';
    });
  };
  const size_t colon = text.find(':');
  if (text.size() > kLongestOwner) return false;
  if (colon == std::string_view::npos) return part(text);
  return part(text.substr(0, colon)) && part(text.substr(colon + 1));
}

class UploadReader {
 public:
  UploadReader(bool directory, Problems& problems) : problems_(problems) {
    upload_.directory = directory;
  }

  UploadConfig read(const YamlNode& node) {
    upload_.at = node.at;
    if (node.kind == YamlNode::Kind::map)
      long_form(MapReader(&node, node.at));
    else if (node.kind == YamlNode::Kind::scalar && !node.broken)
      short_form(node.text, node.at);
    // An owner is named for whom it is to belong to: he writes into it, unless that is denied.
    upload_.keeps = upload_.directory && !read_only_ && (writable_ || !upload_.owner.empty());
    return std::move(upload_);
  }

 private:
  void short_form(const std::string& text, const SourceSpan& at) {
    const auto parts = split(text, ':');
    if (parts.size() < 2 || parts.size() > 3) {
      problems_.add(at, fmt::format("\"{}\" does not say what goes where", visible(text)),
                    "write local:remote[:mode or options]; a path with a colon in it needs {local: "
                    "..., remote: ...}");
      return;
    }
    paths(parts[0], at, parts[1], at);
    if (parts.size() == 2) return;
    if (is_mode(parts[2]))
      mode(parts[2], at);
    else
      options(parts[2], at);
  }

  void long_form(const MapReader& keys) {
    const auto local = keys.text("local");
    const auto remote = keys.text("remote");
    if (local && remote) paths(local->text, local->at, remote->text, remote->at);
    if (const auto text = keys.text("mode")) mode(text->text, text->at);
    if (const auto text = keys.text("options")) options(text->text, text->at);
    const auto owner = keys.text("owner");
    if (!owner) return;
    upload_.owner = owner->text;
    if (!is_owner(owner->text))
      problems_.add(owner->at, fmt::format("\"{}\" is not an owner", visible(owner->text)),
                    "write user, user:group, or their numbers, like nginx:nginx or 101:101");
  }

  void paths(const std::string& local, const SourceSpan& local_at, const std::string& remote,
             const SourceSpan& remote_at) {
    upload_.local = normal_path(local);
    if (local.empty() || local.front() == '/' || local.front() == '~')
      problems_.add(local_at,
                    fmt::format("\"{}\" is not a path in the project's folder", visible(local)),
                    "only files of the project are sent; what is on the host already is a volume");
    upload_.target = remote;
    while (upload_.target.size() > 1 && upload_.target.back() == '/') upload_.target.pop_back();
    if (!is_container_path(upload_.target) || contains(remote, ":"))
      problems_.add(remote_at, fmt::format("\"{}\" is no place for it", visible(remote)),
                    "it is an absolute path in the container, without .. and commas");
  }

  void mode(const std::string& text, const SourceSpan& at) {
    upload_.mode = problems_.take(parse_mode(text), at);
  }

  void options(const std::string& text, const SourceSpan& at) {
    for (const std::string& option : split(text, ',')) {
      if (option == "z" || option == "Z") {
        upload_.relabel = option;
      } else if (option == "ro" && !writable_) {
        read_only_ = true;
      } else if (option == "rw" && upload_.directory && !read_only_) {
        writable_ = true;
      } else if (option == "rw" && !upload_.directory) {
        problems_.add(at, "files are read-only",
                      "what the application writes belongs into one of "
                      "`directories`, or into a volume");
      } else {
        problems_.add(at, fmt::format("\"{}\" is no option here", visible(text)),
                      upload_.directory ? "there are ro, rw, z and Z; or a mode, like 0755"
                                        : "there are ro, z and Z; or a mode, like 600");
        return;
      }
    }
  }

  Problems& problems_;
  UploadConfig upload_;
  bool read_only_ = false;
  bool writable_ = false;
};

}  // namespace

std::vector<UploadConfig> read_uploads(const MapReader& service, Problems& problems) {
  std::vector<UploadConfig> uploads;
  for (const bool directory : {false, true}) {
    const YamlNode* list = service.node(directory ? "directories" : "files");
    if (list == nullptr || list->kind != YamlNode::Kind::list) continue;
    for (const YamlNodePointer& item : list->items)
      if (item->kind == YamlNode::Kind::map || item->kind == YamlNode::Kind::scalar)
        uploads.push_back(UploadReader(directory, problems).read(*item));
  }
  return uploads;
}

}  // namespace segue
