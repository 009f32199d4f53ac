#include "streams.hpp"

#include "kernel.hpp"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

struct Pipe {
  std::string waiting;
  bool written_out = false;
  bool read_out = false;
};

class PipeWriter : public Stream {
 public:
  explicit PipeWriter(std::shared_ptr<Pipe> pipe) : pipe_(std::move(pipe)) {}
  ~PipeWriter() override { pipe_->written_out = true; }
  bool write(std::string_view text) override {
    if (pipe_->read_out) return false;
    pipe_->waiting += text;
    return true;
  }

 private:
  std::shared_ptr<Pipe> pipe_;
};

class PipeReader : public Stream {
 public:
  PipeReader(Kernel& kernel, std::shared_ptr<Pipe> pipe)
      : kernel_(kernel), pipe_(std::move(pipe)) {}
  ~PipeReader() override { pipe_->read_out = true; }

  bool read_line(std::string& line) override {
    Pipe& pipe = *pipe_;
    kernel_.wait_until(
        [&pipe] { return pipe.written_out || pipe.waiting.find('\n') != std::string::npos; });
    const size_t end = pipe.waiting.find('\n');
    line = pipe.waiting.substr(0, end);
    pipe.waiting.erase(0, end == std::string::npos ? end : end + 1);
    return end != std::string::npos;
  }
  std::string read_all() override {
    Pipe& pipe = *pipe_;
    kernel_.wait_until([&pipe] { return pipe.written_out; });
    return std::exchange(pipe.waiting, {});
  }

 private:
  Kernel& kernel_;
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace

bool TextSource::read_line(std::string& line) {
  const size_t end = text_.find('\n', position_);
  line = text_.substr(position_, end == std::string::npos ? end : end - position_);
  position_ = end == std::string::npos ? text_.size() : end + 1;
  return end != std::string::npos;
}

std::string TextSource::read_all() {
  return text_.substr(std::exchange(position_, text_.size()));
}

PipeEnds make_pipe(Kernel& kernel) {
  auto pipe = std::make_shared<Pipe>();
  return {std::make_shared<PipeReader>(kernel, pipe), std::make_shared<PipeWriter>(pipe)};
}

}  // namespace sim
