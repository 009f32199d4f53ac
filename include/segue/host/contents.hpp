// Files of projects on a host, by content: <files>/<name>/content is a file or a folder, which
// never changes. The name is the SHA-256 of the archive that it came in; what was made of it for an
// owner has "-" and 16 more hex digits. Sections that take such an archive in, make another of it
// for an owner, fill a folder that an application writes into, and remove what nobody needs.
//   content_name(hash, "nginx:nginx", image_id)   "3f1e...-0a1b2c3d4e5f6071"
//   kept_name("web", "/var/log/app")              "web/var%2Flog%2Fapp"
#pragma once
#include "segue/engine/engine.hpp"
#include "segue/host/layout.hpp"
#include "segue/script/section.hpp"

#include <string>
#include <vector>

namespace segue {

// Names of owners mean something in an image only: in another one they may have other numbers.
std::string content_name(const std::string& content, const std::string& owner,
                         const std::string& image_id);
std::string kept_name(const std::string& service, const std::string& target);

struct SentContent {
  std::string content;
  std::string shown;            // what people call it
  unsigned long long size = 0;  // of the archive, in bytes
  unsigned long long from =
      0;  // so many came before (HostFacts::partial_contents): the rest is sent
};

// Takes in the archive that follows its script as data (Script::reads_data). All of it is there
// afterwards or nothing: its hash is checked before it is unpacked, and the folder renamed. What
// came of one that was cut short stays aside, for the next attempt to go on from.
Section receive_content(const Layout& layout, const SentContent& sent);

struct OwnedContent {
  std::string content;  // that is there
  std::string folder;   // that is made: of layout.content or layout.kept
  std::string owner;    // empty: as it came
  std::string image_id;
  bool relabel = false;  // SELinux
};
Section make_owned(const Layout& layout, const Engine& engine, const OwnedContent& owned);

// Never fails. What one of the newest records names stays, and what a container has mounted.
Section remove_contents(const Layout& layout, const Engine& engine,
                        const std::vector<std::string>& wanted, const std::string& image_id);

}  // namespace segue
