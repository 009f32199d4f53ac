// A tar archive on the disk of this machine: where each file in it lies. Nothing is unpacked.
//   TRY_ASSIGN(const TarFile archive, TarFile::open(path));
//   archive.find("manifest.json")->size
// TarPieces reads some of it, and texts in between, as one stream in constant memory.
#pragma once
#include "segue/base/sha256.hpp"
#include "segue/os/fd.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace segue {

class TarFile {
 public:
  struct Entry {
    unsigned long long at = 0;  // of its first byte
    unsigned long long size = 0;
    std::string link;  // what a link leads to, as it says; empty: a file
  };

  // Code::failed when it can't be read, or is no such archive, or a broken one.
  static Result<TarFile> open(const std::string& path);

  // Links are followed.
  std::optional<Entry> find(const std::string& path) const;
  // A small file as a whole; an error when it is longer than that.
  Result<std::string> read(const std::string& path, size_t limit) const;

  const std::shared_ptr<const Fd>& file() const { return file_; }

 private:
  Result<> index();

  std::string path_;
  std::shared_ptr<const Fd> file_;
  std::map<std::string, Entry> entries_;
};

// What the bytes of an entry have to be. Whoever reads them first finds out whether they are.
struct Checksum {
  std::string sha256;
  enum class State { unknown, right, wrong } state = State::unknown;
};

class TarPieces {
 public:
  explicit TarPieces(std::shared_ptr<const Fd> file) : file_(std::move(file)) {}

  void add(std::string text);
  // Ends early, before its last bytes, when it is not what the checksum says.
  void add(const TarFile::Entry& entry, std::shared_ptr<Checksum> checksum = nullptr);
  unsigned long long size() const { return size_; }

  // At most so many bytes, and at least one until it has ended. What can't be read ends it early.
  std::string next(size_t most);

 private:
  struct Piece {
    std::string text;
    TarFile::Entry entry;  // where there is no text
    std::shared_ptr<Checksum> checksum;
    unsigned long long size() const { return text.empty() ? entry.size : text.size(); }
  };
  bool is_right(const Piece& piece, const std::string& bytes);

  std::shared_ptr<const Fd> file_;
  std::vector<Piece> pieces_;
  unsigned long long size_ = 0;
  size_t piece_ = 0;
  unsigned long long done_ = 0;  // of that piece
  std::optional<Sha256> hash_;   // of what is done of it
};

}  // namespace segue
