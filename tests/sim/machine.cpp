#include "machine.hpp"

#include "shell.hpp"

#include <fmt/format.h>

#include <utility>

namespace sim {

Machine::Machine(Kernel& shared, std::string called) : kernel(shared), name(std::move(called)) {
  for (const char* folder : {"/dev", "/etc", "/tmp", "/proc/sys/kernel/random", "/var/lib", "/run"})
    files.make_folders(folder);
  files.write("/etc/machine-id", "machine-" + name + "\n");
}

const ProgramBody* Machine::program(const std::string& called) const {
  const bool absolute = called.starts_with("/usr/bin/");
  const auto it = programs.find(absolute ? called.substr(9) : called);
  return it == programs.end() ? nullptr : &it->second;
}

std::optional<std::string> Machine::path_of(const std::string& called) const {
  if (program(called) == nullptr) return std::nullopt;
  return called.starts_with('/') ? called : "/usr/bin/" + called;
}

std::optional<std::string> Machine::special_file(const std::string& path) const {
  if (path == "/proc/uptime") {
    const Microseconds up = (kernel.now() - booted_at) / 10'000;
    return fmt::format("{}.{:02} 0.00\n", up / 100, up % 100);
  }
  if (path == "/proc/sys/kernel/random/boot_id") return boot_id + "\n";
  if (path.starts_with("/proc/") && path.ends_with("/stat")) {
    const int pid = std::atoi(path.c_str() + 6);
    const auto it = scripts.find(pid);
    if (it == scripts.end() || !kernel.group_lives(pid)) return std::nullopt;
    // The 22nd field is the start; the name in parentheses is the second.
    return fmt::format("{} (sh) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 {} 0\n", pid,
                       (it->second - booted_at) / 10'000);
  }
  return std::nullopt;
}

ProcessPointer start_script(Machine& machine, const std::string& text, StreamPointer output,
                            StreamPointer errors) {
  return machine.kernel.spawn(0, [&machine, text, output, errors](Process& self) {
    machine.scripts[self.pid] = self.since;
    Shell shell(machine, self);
    shell.set_stream(0, std::make_shared<NullStream>());
    shell.set_stream(1, output);
    shell.set_stream(2, errors ? errors : output);
    return shell.run_text(text);
  });
}

}  // namespace sim
