#include "segue/os/tar_file.hpp"

#include "segue/base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace segue {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kLongestName = 4096;
constexpr int kMostLinks = 8;

using Block = std::array<char, kBlock>;

size_t read_at(int file, char* to, size_t most, unsigned long long at) {
  size_t done = 0;
  while (done < most) {
    const ssize_t count = ::pread(file, to + done, most - done, static_cast<off_t>(at + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    done += static_cast<size_t>(count);
  }
  return done;
}

std::string field(const Block& block, size_t at, size_t length) {
  const auto begin = block.begin() + static_cast<std::ptrdiff_t>(at);
  return {begin, std::find(begin, begin + static_cast<std::ptrdiff_t>(length), '\0')};
}

// Octal digits, or the binary form of what is too large for them.
unsigned long long size_of(const Block& block) {
  constexpr size_t kAt = 124;
  constexpr size_t kLength = 12;
  unsigned long long size = 0;
  const bool binary = (static_cast<unsigned char>(block[kAt]) & 0x80U) != 0;
  for (size_t i = kAt + (binary ? 1 : 0); i < kAt + kLength; ++i) {
    const auto byte = static_cast<unsigned char>(block[i]);
    if (binary)
      size = size << 8U | byte;
    else if (byte >= '0' && byte <= '7')
      size = size * 8 + (byte - '0');
  }
  return size;
}

// "path" of a pax header: lines of "LENGTH KEY=VALUE".
std::string pax_value(const std::string& text, std::string_view key) {
  const std::string wanted = fmt::format(" {}=", key);
  for (const std::string& line : split_lines(text)) {
    const size_t at = line.find(wanted);
    const bool is_first = at != std::string::npos && line.find(' ') == at;
    if (is_first) return line.substr(at + wanted.size());
  }
  return {};
}

std::string plain(std::string path) {
  while (path.starts_with("./")) path.erase(0, 2);
  while (path.ends_with("/")) path.pop_back();
  return path;
}

// "a/b/layer.tar" with "../c/layer.tar" -> "a/c/layer.tar"
std::string beside(const std::string& path, const std::string& link) {
  std::vector<std::string> parts = split(path, '/');
  if (!parts.empty()) parts.pop_back();
  for (const std::string& part : split(link, '/')) {
    if (part == ".." && !parts.empty())
      parts.pop_back();
    else if (!part.empty() && part != "." && part != "..")
      parts.push_back(part);
  }
  return join(parts, "/");
}

}  // namespace

Result<TarFile> TarFile::open(const std::string& path) {
  TarFile archive;
  archive.path_ = path;
  archive.file_ = std::make_shared<const Fd>(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!*archive.file_)
    return fail(Code::failed, fmt::format("cannot open {}: {}", path, errno_text(errno)));
  TRY(archive.index());
  return archive;
}

Result<> TarFile::index() {
  const off_t end = ::lseek(file_->get(), 0, SEEK_END);
  const auto whole = static_cast<unsigned long long>(std::max<off_t>(end, 0));
  std::string name;
  std::string link;
  Block block{};
  for (unsigned long long at = 0; read_at(file_->get(), block.data(), kBlock, at) == kBlock;) {
    if (block[0] == '\0') break;
    const unsigned long long size = size_of(block);
    const char type = block[156];
    at += kBlock;
    if (field(block, 257, 5) != "ustar" || size > whole - std::min(whole, at))
      return fail(Code::failed, path_ + " is not a whole archive");
    if (type == 'L' || type == 'K' || type == 'x') {
      std::string text(static_cast<size_t>(std::min<unsigned long long>(size, kLongestName)), '\0');
      text.resize(read_at(file_->get(), text.data(), text.size(), at));
      if (type == 'L') name = text.substr(0, text.find('\0'));
      if (type == 'K') link = text.substr(0, text.find('\0'));
      if (type == 'x') name = pax_value(text, "path"), link = pax_value(text, "linkpath");
    } else {
      const std::string prefix = field(block, 345, 155);
      if (name.empty()) name = (prefix.empty() ? "" : prefix + "/") + field(block, 0, 100);
      if (link.empty()) link = field(block, 157, 100);
      name = plain(std::move(name));
      if (type == '0' || type == '\0') entries_[name] = {at, size, {}};
      if (type == '1') entries_[name] = {0, 0, plain(link)};
      if (type == '2') entries_[name] = {0, 0, beside(name, link)};
      name.clear();
      link.clear();
    }
    at += (size + kBlock - 1) / kBlock * kBlock;
  }
  return {};
}

std::optional<TarFile::Entry> TarFile::find(const std::string& path) const {
  std::string wanted = plain(path);
  for (int i = 0; i < kMostLinks; ++i) {
    const auto found = entries_.find(wanted);
    if (found == entries_.end()) return std::nullopt;
    if (found->second.link.empty()) return found->second;
    wanted = found->second.link;
  }
  return std::nullopt;
}

Result<std::string> TarFile::read(const std::string& path, size_t limit) const {
  const auto entry = find(path);
  if (!entry || entry->size > limit)
    return fail(Code::failed, fmt::format("{} has no {}", path_, visible(path)));
  std::string text(static_cast<size_t>(entry->size), '\0');
  if (read_at(file_->get(), text.data(), text.size(), entry->at) == text.size()) return text;
  return fail(Code::failed, fmt::format("{} can't be read: {}", path_, errno_text(errno)));
}

void TarPieces::add(std::string text) {
  size_ += text.size();
  if (!text.empty()) pieces_.push_back({std::move(text), {}, nullptr});
}

void TarPieces::add(const TarFile::Entry& entry, std::shared_ptr<Checksum> checksum) {
  size_ += entry.size;
  if (entry.size > 0) pieces_.push_back({{}, entry, std::move(checksum)});
}

std::string TarPieces::next(size_t most) {
  if (piece_ == pieces_.size()) return {};
  const Piece& piece = pieces_[piece_];
  const auto length = static_cast<size_t>(std::min<unsigned long long>(most, piece.size() - done_));
  std::string bytes;
  if (!piece.text.empty()) {
    bytes = piece.text.substr(static_cast<size_t>(done_), length);
  } else {
    bytes.resize(length);
    bytes.resize(read_at(file_->get(), bytes.data(), length, piece.entry.at + done_));
  }
  const bool right = is_right(piece, bytes);
  done_ += bytes.size();
  if (!right) bytes.clear();
  if (done_ == piece.size()) ++piece_, done_ = 0;
  if (bytes.empty()) piece_ = pieces_.size();
  return bytes;
}

// Several may read the same entry at once: one that knows saves the others the work.
bool TarPieces::is_right(const Piece& piece, const std::string& bytes) {
  if (!piece.checksum) return true;
  if (done_ == 0) hash_.reset();
  if (done_ == 0 && piece.checksum->state == Checksum::State::unknown) hash_.emplace();
  if (!hash_) return piece.checksum->state == Checksum::State::right;
  hash_->update(bytes);
  if (done_ + bytes.size() < piece.size()) return true;
  const bool right = hash_->hex() == piece.checksum->sha256;
  piece.checksum->state = right ? Checksum::State::right : Checksum::State::wrong;
  hash_.reset();
  return right;
}

}  // namespace segue
