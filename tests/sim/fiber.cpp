#include "fiber.hpp"

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <stdexcept>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

namespace sim {
namespace {

constexpr size_t kStack = size_t{1} << 20;  // address space; only what is used becomes memory

Fiber* current = nullptr;

// Stacks are used again: a deploy starts thousands of processes.
std::vector<void*>& spare_stacks() {
  static std::vector<void*> stacks;
  return stacks;
}

void* take_stack() {
  if (!spare_stacks().empty()) {
    void* stack = spare_stacks().back();
    spare_stacks().pop_back();
    return stack;
  }
  void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) throw std::runtime_error("no memory for a fiber's stack");
  return stack;
}

// The address sanitizer has to be told whenever the stack changes.
void begin_switch([[maybe_unused]] void** save, [[maybe_unused]] const void* stack,
                  [[maybe_unused]] size_t size) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(save, stack, size);
#endif
}

void end_switch([[maybe_unused]] void* saved, [[maybe_unused]] const void** stack,
                [[maybe_unused]] size_t* size) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(saved, stack, size);
#endif
}

}  // namespace

// The first switch is swapcontext's; from then on it is jumps, which leave the signal mask alone
// and so need no call of the kernel.
struct Fiber::Context {
  ucontext_t own{};
  ucontext_t caller{};
  jmp_buf own_jump{};
  jmp_buf caller_jump{};
  void* stack = nullptr;
  void* saved = nullptr;  // what the sanitizer keeps of this fiber
  const void* caller_stack = nullptr;
  size_t caller_size = 0;
};

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)), context_(std::make_unique<Context>()) {}

Fiber::~Fiber() {
  if (context_->stack != nullptr) spare_stacks().push_back(context_->stack);
}

bool Fiber::inside() {
  return current != nullptr;
}

void Fiber::enter() {
  current->run();
}

void Fiber::run() {
  end_switch(nullptr, &context_->caller_stack, &context_->caller_size);
  try {
    body_();
  } catch (...) {
    failure_ = std::current_exception();
  }
  body_ = nullptr;
  finished_ = true;
  begin_switch(nullptr, context_->caller_stack, context_->caller_size);
  _longjmp(context_->caller_jump, 1);
}

void Fiber::resume() {
  const bool begins = context_->stack == nullptr;
  if (begins) {
    context_->stack = take_stack();
    getcontext(&context_->own);
    context_->own.uc_stack.ss_sp = context_->stack;
    context_->own.uc_stack.ss_size = kStack;
    makecontext(&context_->own, &Fiber::enter, 0);
  }
  Fiber* before = std::exchange(current, this);
  void* saved = nullptr;
  begin_switch(&saved, context_->stack, kStack);
  if (_setjmp(context_->caller_jump) == 0) {
    if (begins) swapcontext(&context_->caller, &context_->own);
    _longjmp(context_->own_jump, 1);
  }
  end_switch(saved, nullptr, nullptr);
  current = before;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Fiber::leave() {
  Context& context = *current->context_;
  begin_switch(&context.saved, context.caller_stack, context.caller_size);
  if (_setjmp(context.own_jump) == 0) _longjmp(context.caller_jump, 1);
  end_switch(context.saved, &context.caller_stack, &context.caller_size);
}

}  // namespace sim
