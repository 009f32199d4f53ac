// A function with a stack of its own that can stop in the middle and go on later: what lets many
// shells, and the client, take turns in one thread.
//   Fiber fiber([] { work(); Fiber::leave(); more_work(); });
//   while (!fiber.finished()) fiber.resume();
// An exception that leaves the function is rethrown by resume().
#pragma once
#include <exception>
#include <functional>
#include <memory>

namespace sim {

class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();  // the body must have ended, or never have begun
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();
  bool finished() const { return finished_; }
  static void leave();  // back to whoever resumed this one
  static bool inside();

 private:
  struct Context;
  static void enter();
  void run();

  std::function<void()> body_;
  std::unique_ptr<Context> context_;
  std::exception_ptr failure_;
  bool finished_ = false;
};

}  // namespace sim
