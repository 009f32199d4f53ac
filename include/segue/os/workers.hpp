// A few threads for work that blocks, such as looking up names. A job runs on a thread and returns
// what is to be done with its answer; that runs on the loop's own thread, inside collect().
//   workers.run([name] { auto answer = slow(name); return [answer] { use(answer); }; });
//   poll(workers.wake_fd());  workers.collect();
// The end of this object waits for nobody: answers that come later are dropped.
#pragma once
#include <functional>
#include <memory>

namespace segue {

class Workers {
 public:
  using Completion = std::function<void()>;
  using Job = std::function<Completion()>;

  explicit Workers(int threads);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  void run(Job job);
  int wake_fd() const;
  void collect();

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;  // the threads hold it too
};

}  // namespace segue
