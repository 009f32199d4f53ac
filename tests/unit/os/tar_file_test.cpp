#include "segue/os/tar_file.hpp"

#include "support/catch.hpp"

#include "segue/base/tar.hpp"
#include "segue/os/real_files.hpp"

#include <unistd.h>

using namespace segue;

namespace {

std::string file_of(const std::string& bytes) {
  const std::string path = "/tmp/segue-tar-" + std::to_string(::getpid());
  REQUIRE(RealFiles().write(path, bytes, 0600).has_value());
  return path;
}

std::string entry(const std::string& name, const std::string& bytes) {
  return tar_header({name, 0644, bytes.size(), false}) + bytes + tar_padding(bytes.size());
}

std::string all_of(TarPieces pieces, size_t most) {
  std::string whole;
  for (std::string piece = pieces.next(most); !piece.empty(); piece = pieces.next(most))
    whole += piece;
  return whole;
}

}  // namespace

TEST_CASE("Files in an archive are found where they lie, also by long names") {
  const std::string long_name = std::string(150, 'a') + "/layer.tar";
  const std::string path = file_of(entry("./manifest.json", "[]") + entry(long_name, "layer") +
                                   entry("empty", "") + tar_end());
  const TarFile archive = TarFile::open(path).value();
  ::unlink(path.c_str());
  CHECK(archive.read("manifest.json", 10).value() == "[]");
  CHECK(archive.read(long_name, 10).value() == "layer");
  CHECK(archive.find("empty")->size == 0);
  CHECK_FALSE(archive.find("missing"));
  CHECK_FALSE(archive.read(long_name, 4).has_value());
}

TEST_CASE("Pieces of an archive and texts between them are one stream") {
  const std::string layer(1000, 'x');
  const std::string path = file_of(entry("layer", layer) + tar_end());
  const TarFile archive = TarFile::open(path).value();
  ::unlink(path.c_str());
  TarPieces pieces(archive.file());
  pieces.add("begin ");
  pieces.add(*archive.find("layer"));
  pieces.add("");
  pieces.add(" end");
  CHECK(pieces.size() == 1010);
  for (const size_t most : {1UL, 7UL, 4096UL})
    CHECK(all_of(pieces, most) == "begin " + layer + " end");
}

TEST_CASE("What is no whole archive is refused") {
  const std::string whole = entry("layer", std::string(1000, 'x'));
  for (const std::string& bytes : {std::string(2000, 'x'), whole.substr(0, 700)}) {
    const std::string path = file_of(bytes);
    CHECK_FALSE(TarFile::open(path).has_value());
    ::unlink(path.c_str());
  }
}
