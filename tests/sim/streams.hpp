// What a file descriptor leads to: a file, a pipe, nothing, or the connection to the client.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sim {

class Kernel;

class Stream {
 public:
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;
  virtual bool write(std::string_view /*text*/) { return false; }
  // Consumes up to and with the next newline, which is not part of the line. False at the end of
  // input; what came before it is in `line` all the same.
  virtual bool read_line(std::string& line) {
    line.clear();
    return false;
  }
  virtual std::string read_all() { return {}; }
  virtual bool is_broken() const { return false; }  // nobody will ever read what is written
};
using StreamPointer = std::shared_ptr<Stream>;

class NullStream : public Stream {
 public:
  bool write(std::string_view /*text*/) override { return true; }
};

class Sink : public Stream {
 public:
  explicit Sink(std::function<bool(std::string_view)> taken) : taken_(std::move(taken)) {}
  bool write(std::string_view text) override { return taken_(text); }

 private:
  std::function<bool(std::string_view)> taken_;
};

class TextSource : public Stream {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  bool read_line(std::string& line) override;
  std::string read_all() override;

 private:
  std::string text_;
  size_t position_ = 0;
};

struct PipeEnds {
  StreamPointer reader;
  StreamPointer writer;  // the reader sees the end when the last copy of it is gone
};
PipeEnds make_pipe(Kernel& kernel);

}  // namespace sim
