#include "support/catch.hpp"

#include "segue/base/sha256.hpp"
#include "segue/base/tar.hpp"
#include "segue/os/content_stream.hpp"
#include "segue/os/process.hpp"
#include "segue/os/random.hpp"

#include <filesystem>
#include <fstream>

using namespace segue;
namespace fs = std::filesystem;

namespace {

// A project in a folder of its own, with something beside it that must not be reached.
class Place {
 public:
  Place() : folder_(fs::temp_directory_path() / ("segue-project-" + random_hex(6))) {
    fs::create_directories(project());
    write("../outside/secret", "outside");
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { fs::remove_all(folder_); }

  fs::path project() const { return folder_ / "project"; }
  fs::path path(const std::string& name) const { return project() / name; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(path(name).parent_path());
    std::ofstream(path(name)) << text;
  }
  ProjectFolder open() const { return ProjectFolder::open(project()).value(); }

 private:
  fs::path folder_;
};

std::string archive_of(const Place& place, const std::string& path, ContentModes modes = {},
                       size_t piece = 1000) {
  const ProjectFolder project = place.open();
  ContentStream stream(project, path, project.entries(path).value(), modes);
  std::string all;
  for (std::string next = stream.next(piece); !next.empty(); next = stream.next(piece)) all += next;
  REQUIRE(!stream.problem());
  return all;
}

std::string why_not(const Place& place, const std::string& path) {
  const auto entries = place.open().entries(path);
  const auto file = place.open().open_file(path);
  REQUIRE(!entries);
  REQUIRE(!file);
  REQUIRE(entries.error().code == Code::usage);
  return entries.error().what;
}

// What tar(1) makes of it: the same that the hosts' does.
std::string unpacked(const Place& place, const std::string& archive, const std::string& command) {
  place.write("../archive", archive);
  fs::remove_all(place.path("../unpacked"));
  fs::create_directories(place.path("../unpacked"));
  ProcessRequest request;
  request.argv = {"sh", "-c", "tar -x -m -p -o -f ../archive && " + command};
  request.folder = place.path("../unpacked");
  const auto result = run_process(request);
  REQUIRE(result->succeeded());
  return result->output;
}

}  // namespace

TEST_CASE("Project: nothing leads out of its folder") {
  const Place place;
  place.write("inside/file", "x");
  fs::create_symlink("../outside/secret", place.path("link"));
  fs::create_symlink("/etc/passwd", place.path("absolute"));
  fs::create_symlink("../outside", place.path("folder"));
  fs::create_symlink("../../outside/secret", place.path("inside/nested"));
  fs::create_symlink("turn", place.path("turn"));
  for (const char* path : {"../outside/secret", "inside/../../outside/secret", "link", "absolute",
                           "folder", "folder/secret", "inside/nested"})
    REQUIRE(why_not(place, path) == std::string(path) + " leads out of the project's folder");
  REQUIRE(why_not(place, "turn") == "turn is a link that goes round in a circle");
  REQUIRE(why_not(place, "nothing") == "nothing is not there");
  REQUIRE(why_not(place, "inside/file/below") ==
          "inside/file/below can't be read: Not a directory");
  // A link that leads out is found below a folder too.
  REQUIRE(place.open().entries("inside").error().what ==
          "inside/nested leads out of the project's folder");
}

TEST_CASE("Project: what is neither file nor folder is refused, and nothing waits for it") {
  const Place place;
  ProcessRequest request;
  request.argv = {"mkfifo", place.path("pipe")};
  REQUIRE(run_process(request)->succeeded());
  REQUIRE(why_not(place, "pipe") == "pipe is neither a file nor a folder");
}

TEST_CASE("Project: links within it stand for what they lead to") {
  const Place place;
  place.write("shared/index.html", "hello");
  place.write("site/own", "x");
  fs::create_symlink("../shared", place.path("site/pages"));
  fs::create_symlink(fs::canonical(place.project()) / "shared/index.html",
                     place.path("site/absolute"));
  const std::string archive = archive_of(place, "site");
  REQUIRE(unpacked(place, archive, "find content | LC_ALL=C sort") ==
          "content\ncontent/absolute\ncontent/own\ncontent/pages\ncontent/pages/index.html\n");
  REQUIRE(unpacked(place, archive, "cat content/absolute; find . -type l") == "hello");
  fs::create_symlink("..", place.path("site/again"));
  REQUIRE(place.open().entries("site").error().what ==
          "site/again/site is a link to a folder that it is in itself");
}

TEST_CASE("Content: the same bytes on every machine, and what tar makes of them") {
  const Place place;
  const std::string deep = std::string(120, 'd') + "/" + std::string(150, 'f');
  place.write("files/plain", "one");
  place.write("files/with blank and ü and 'quote'", "two");
  place.write("files/new\nline", std::string(70'000, 'x'));
  place.write("files/program", "#!/bin/sh\n");
  place.write("files/" + deep, "deep");
  fs::create_directories(place.path("files/empty"));
  fs::permissions(place.path("files/program"), fs::perms::owner_all);
  const std::string archive = archive_of(place, "files", {}, 1000);
  REQUIRE(archive.size() % 512 == 0);
  REQUIRE(archive == archive_of(place, "files", {}, 65536));
  // Neither the umask nor the time of a checkout counts.
  fs::permissions(place.path("files/plain"), fs::perms::owner_read | fs::perms::owner_write);
  fs::last_write_time(place.path("files/plain"), fs::file_time_type::clock::now());
  REQUIRE(archive == archive_of(place, "files"));

  REQUIRE(unpacked(place, archive,
                   "cd content && find . -type f -exec echo x \\; | wc -l && cat " + deep +
                       " plain with* && cat new* | wc -c && stat -c %a . empty plain "
                       "program") == "5\ndeeponetwo70000\n755\n755\n644\n755\n");
  REQUIRE(unpacked(place, archive_of(place, "files", {0750, 0640, 0750}),
                   "cd content && stat -c %a . empty plain program") == "750\n750\n640\n750\n");
  REQUIRE(unpacked(place, archive_of(place, "files/plain", {0600, 0600, 0600}),
                   "cat content; stat -c %a content") == "one600\n");
}

TEST_CASE("Content: a file that becomes shorter ends the stream too early, and says so") {
  const Place place;
  place.write("big", std::string(100'000, 'x'));
  const ProjectFolder project = place.open();
  ContentStream stream(project, "big", project.entries("big").value(), {});
  stream.next(4096);
  fs::resize_file(place.path("big"), 10);
  while (!stream.next(4096).empty()) {
  }
  REQUIRE(stream.problem()->what ==
          "big can't be read to its end: it has become shorter meanwhile");
}

TEST_CASE("Tar: a file of 8 GiB and more has its size in binary") {
  const std::string header = tar_header({"content", 0644, 1ULL << 33U, false});
  REQUIRE(header.size() == 512);
  REQUIRE(static_cast<unsigned char>(header[124]) == 0x80);
  REQUIRE(header.substr(125, 11) == std::string("\0\0\0\0\0\0\2\0\0\0\0", 11));
  REQUIRE(tar_header({"content", 0644, (1ULL << 33U) - 1, false}).substr(124, 11) == "77777777777");
}

TEST_CASE("SHA-256 of pieces is that of the whole") {
  Sha256 sum;
  for (const char* piece : {"one", "", "two"}) sum.update(piece);
  REQUIRE(sum.hex() == sha256_hex("onetwo"));
}
