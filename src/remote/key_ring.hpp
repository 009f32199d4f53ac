// The private keys of one run: each is read once, and one with a passphrase is opened once, for all
// hosts.
//   KeyFile key = ring.file("/home/me/.ssh/id_ed25519", endpoint.key_passphrase);
//   if (key.encrypted && ring.open_by_asking(key.path)) key = ring.file(...);
#pragma once
#include "key_file.hpp"

#include "segue/base/duration.hpp"
#include "segue/remote/endpoint.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace segue {

class KeyRing {
 public:
  // Asks somebody at a terminal; empty: there was no answer.
  using Ask = std::function<Secret(const std::string& question)>;

  explicit KeyRing(Ask ask = nullptr) : ask_(std::move(ask)) {}

  // The key as it can be used now; what is in its way is its `problem`.
  KeyFile file(const std::string& path, const NamedSecret& passphrase);
  // One of `key_data`. Its path is what people know it by.
  KeyFile data(const NamedSecret& key, const NamedSecret& passphrase);

  bool can_ask() const { return ask_ != nullptr; }
  // True: it is open now. Asks for each key in one run only, three times; waits for the answer.
  bool open_by_asking(const std::string& path);
  // A key that file() or data() has given, as it is now.
  KeyFile opened(const std::string& path) const { return keys_.at(path).key; }
  // What all waiting for answers took: time that nobody else is to blame for.
  Duration spent_asking() const { return spent_asking_; }

 private:
  struct Held {
    KeyFile key;
    std::set<std::string> wrong;  // names of passphrases that did not open it
    bool asked = false;
  };

  static KeyFile open(Held& held, const NamedSecret& passphrase);

  Ask ask_;
  std::map<std::string, Held> keys_;  // by their paths
  Duration spent_asking_{0};
};

}  // namespace segue
