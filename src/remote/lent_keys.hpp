// Private keys that the system's ssh can't open by itself, those of key_data and those that a
// key_passphrase opens, as files for it: open, only for us, and there only while it logs in.
//   LentKeys lent(folder + "/a1b2");
//   TRY_ASSIGN(const Endpoint usable, lent.lend(endpoint, ring));   // its `keys` are what ssh
//   takes
//   ...  lent.take_back();
#pragma once
#include "key_ring.hpp"

#include "segue/base/result.hpp"
#include "segue/remote/endpoint.hpp"

#include <map>
#include <string>

namespace segue {

class LentKeys {
 public:
  explicit LentKeys(std::string prefix) : prefix_(std::move(prefix)) {}
  LentKeys(const LentKeys&) = delete;
  LentKeys& operator=(const LentKeys&) = delete;
  ~LentKeys() { take_back(); }

  // Errors name the key.
  Result<Endpoint> lend(const Endpoint& endpoint, KeyRing& ring);
  void take_back();

  // What ssh has said, with the names that people know in the place of the files.
  std::string with_names(std::string text) const;

 private:
  Result<std::string> write(const KeyFile& key);

  std::string prefix_;
  std::map<std::string, std::string> names_;  // by the files
};

}  // namespace segue
