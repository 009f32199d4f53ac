// The context of a build as one archive (tar), a piece at a time, in constant memory: for a machine
// that has no such folder. Everything of it is in `context/`, with its mode, links as links; at the
// end comes the file `complete`, so that an archive that was cut short is seen to be.
//   TRY_ASSIGN(ContextStream stream, ContextStream::open(folder, rules));
//   stream.add_file("Dockerfile", text);
//   while (const std::string piece = stream.next(65536); !piece.empty()) send(piece);
#pragma once
#include "segue/base/ignore_rules.hpp"
#include "segue/base/result.hpp"
#include "segue/os/fd.hpp"

#include <string>
#include <vector>

namespace segue {

class ContextStream {
 public:
  // What the rules leave out stays here; neither files nor folders nor links are left out as well.
  static Result<ContextStream> open(const std::string& folder, const IgnoreRules& rules);

  void add_file(const std::string& name, const std::string& text);  // beside `context/`

  // At most so many bytes, and at least one until it has ended. What can't be read, or became
  // shorter since it was listed, ends it too early.
  std::string next(size_t most);

 private:
  enum class Kind { file, folder, link };
  struct Entry {
    std::string path;  // below the folder
    Kind kind = Kind::file;
    unsigned mode = 0;
    unsigned long long size = 0;
    std::string link;
  };

  explicit ContextStream(std::string folder) : folder_(std::move(folder)) {}
  Result<> list(const IgnoreRules& rules);
  void begin(const Entry& entry);
  void read_file(size_t most);

  std::string folder_;
  std::vector<Entry> entries_;
  size_t at_ = 0;  // of the entry to come
  Fd file_;
  unsigned long long left_ = 0;  // of the file that is open
  std::string padding_;          // after it
  std::string pending_;
  size_t taken_ = 0;  // of what is pending
  bool ended_ = false;
};

}  // namespace segue
