// A file or folder of the project as one archive (tar), a piece at a time, in constant memory. In
// it everything is called `content`. The same files and modes give the same bytes on every machine,
// so the archive's hash is their name.
//   ContentStream stream(project, "templates", entries, {0755, 0644, 0755});
//   while (const std::string piece = stream.next(65536); !piece.empty()) hash.update(piece);
// What can't be read, or became shorter since it was listed, ends the stream too early; whoever
// compares hashes finds that out, and `problem` says what it was.
#pragma once
#include "segue/os/project_folder.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

struct ContentModes {
  unsigned folder = 0755;
  unsigned file = 0644;
  unsigned executable = 0755;
};

class ContentStream {
 public:
  ContentStream(ProjectFolder project, std::string path, std::vector<LocalEntry> entries,
                ContentModes modes)
      : project_(std::move(project)),
        path_(std::move(path)),
        entries_(std::move(entries)),
        modes_(modes) {}

  // At most so many bytes, and at least one until it has ended.
  std::string next(size_t most);
  // Passes over so many bytes, of files without reading them.
  void skip(unsigned long long bytes);
  const std::optional<Error>& problem() const { return problem_; }

 private:
  void advance();
  void begin_entry(const LocalEntry& entry);
  void read_file(size_t most);
  void fail_reading(const std::string& why);
  void passed_in_file(unsigned long long bytes);

  ProjectFolder project_;
  std::string path_;
  std::vector<LocalEntry> entries_;
  ContentModes modes_;
  size_t at_ = 0;  // of the entry to come
  Fd file_;
  unsigned long long left_ = 0;  // of the file that is open
  std::string padding_;          // after it
  std::string pending_;
  size_t taken_ = 0;  // of what is pending
  bool ended_ = false;
  std::optional<Error> problem_;
};

}  // namespace segue
