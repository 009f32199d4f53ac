// The programs of a host that scripts call, with the options that they give. Any other option is an
// error that names it.
#include "machine.hpp"
#include "shell.hpp"

#include "segue/base/cksum.hpp"
#include "segue/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <regex>
#include <utility>

namespace sim {
namespace {

using Arguments = std::vector<std::string>;

// The options among the first words, and what is left.
struct Options {
  std::vector<std::string> given;
  Arguments rest;
  bool has(const std::string& name) const {
    return std::find(given.begin(), given.end(), name) != given.end();
  }
};

Options options_of(const Call& call, const std::vector<std::string>& known) {
  Options options;
  size_t i = 1;
  for (; i < call.argv.size() && call.argv[i].size() > 1 && call.argv[i][0] == '-'; ++i) {
    if (call.argv[i] == "--") {
      ++i;
      break;
    }
    if (std::find(known.begin(), known.end(), call.argv[i]) == known.end())
      throw Unsupported(call.argv[0] + " " + call.argv[i]);
    options.given.push_back(call.argv[i]);
  }
  options.rest.assign(call.argv.begin() + static_cast<long>(std::min(i, call.argv.size())),
                      call.argv.end());
  return options;
}

Files& files_of(const Call& call) {
  return call.shell.machine().files;
}

int complain(Call& call, const std::string& what) {
  call.error.write(call.argv[0] + ": " + what + "\n");
  return 1;
}

int print(Call& call, const std::string& text) {
  return text.empty() || call.out.write(text) ? 0 : 1;
}

// What a file holds, those of /proc included.
std::optional<std::string> content(const Call& call, const std::string& path) {
  if (path == "/dev/null") return "";
  if (auto special = call.shell.machine().special_file(path)) return special;
  return files_of(call).read(path);
}

int make_folders(Call& call) {
  const Options options = options_of(call, {"-p"});
  for (const std::string& path : options.rest) {
    const bool made =
        options.has("-p") ? files_of(call).make_folders(path) : files_of(call).make_folder(path);
    if (!made) return complain(call, "can not make " + path);
  }
  return 0;
}

int remove(Call& call) {
  const Options options = options_of(call, {"-f", "-rf"});
  int status = 0;
  for (const std::string& path : options.rest) {
    if (options.has("-rf")) {
      files_of(call).remove_all(path);
    } else if (!files_of(call).remove(path) &&
               (!options.has("-f") || files_of(call).is_folder(path))) {
      status = complain(call, "can not remove " + path);
    }
  }
  return status;
}

int move(Call& call) {
  const Options options = options_of(call, {"-f"});
  if (options.rest.size() != 2) throw Unsupported("mv of several files");
  std::string to = options.rest[1];
  if (files_of(call).is_folder(to)) throw Unsupported("mv into a folder");
  return files_of(call).rename(options.rest[0], to)
             ? 0
             : complain(call, "can not move " + options.rest[0]);
}

int link(Call& call) {
  const Options options = options_of(call, {"-s", "-sf"});
  if (options.rest.size() != 2) throw Unsupported("ln of several files");
  Files& files = files_of(call);
  const std::string& to = options.rest[1];
  if (options.has("-sf")) files.remove(to);
  const bool made =
      options.given.empty() ? files.link(options.rest[0], to) : files.symlink(options.rest[0], to);
  return made ? 0 : complain(call, "can not make " + to);
}

int read_link(Call& call) {
  const auto target = files_of(call).link_target(options_of(call, {}).rest.at(0));
  return target ? print(call, *target + "\n") : 1;
}

int concatenate(Call& call) {
  const Options options = options_of(call, {});
  if (options.rest.empty()) return print(call, call.in.read_all());
  int status = 0;
  for (const std::string& path : options.rest) {
    const auto text = content(call, path);
    if (!text)
      status = complain(call, "no file " + path);
    else if (print(call, *text) != 0)
      status = 1;
  }
  return status;
}

int copy(Call& call) {
  const Options options = options_of(call, {});
  if (options.rest.size() != 2) throw Unsupported("cp of several files");
  const auto text = content(call, options.rest[0]);
  const bool done = text && files_of(call).write(options.rest[1], *text);
  return done ? 0 : complain(call, "can not copy " + options.rest[0]);
}

int checksum(Call& call) {
  if (call.argv.size() > 1) throw Unsupported("cksum of named files");
  return print(call, segue::posix_cksum(call.in.read_all()) + "\n");
}

int count_bytes(Call& call) {
  if (call.argv != Arguments{"wc", "-c"}) throw Unsupported("wc of anything but bytes");
  return print(call, std::to_string(call.in.read_all().size()) + "\n");
}

// tail -c 1 FILE, or the last line of what it is given: tail -n 1
int last_part(Call& call) {
  if (call.argv.size() == 3 && call.argv[1] == "-n" && call.argv[2] == "1") {
    const std::vector<std::string> lines = segue::split_lines(call.in.read_all());
    return print(call, lines.empty() ? "" : lines.back() + "\n");
  }
  if (call.argv.size() != 4 || call.argv[1] != "-c" || call.argv[2] != "1")
    throw Unsupported("tail of anything but the last byte or line");
  const auto text = content(call, call.argv[3]);
  if (!text) return complain(call, "no file " + call.argv[3]);
  return print(call, text->empty() ? "" : text->substr(text->size() - 1));
}

// It takes the engine's warnings out of an answer; ours has none.
int edit(Call& call) {
  const std::string text = call.in.read_all();
  if (text.find("level=warning") != std::string::npos) throw Unsupported("sed of warnings");
  return print(call, text);
}

int sync(Call& call) {
  return options_of(call, {}).rest.empty() ? 1 : 0;
}

// dd if=/dev/zero of=FILE bs=N count=N
int fill(Call& call) {
  std::map<std::string, std::string> given;
  for (size_t i = 1; i < call.argv.size(); ++i) {
    const size_t equals = call.argv[i].find('=');
    given[call.argv[i].substr(0, equals)] = call.argv[i].substr(equals + 1);
  }
  if (given["if"] != "/dev/zero" || given.size() != 4)
    throw Unsupported("dd of anything but zeros");
  const auto size =
      static_cast<size_t>(std::atoi(given["bs"].c_str()) * std::atoi(given["count"].c_str()));
  return files_of(call).write(given["of"], std::string(size, '\0')) ? 0 : 1;
}

int free_space(Call& call) {
  const Options options = options_of(call, {"-Pk"});
  const char* left = files_of(call).disk_is_full ? "0" : "10000000";
  return print(call,
               "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
               "/dev/vda1 20000000 1000 " +
                   std::string(left) + " 50% /\n");
}

int translate(Call& call) {
  if (call.argv != Arguments{"tr", "\\n", " "}) throw Unsupported("tr of anything but newlines");
  std::string text = call.in.read_all();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return print(call, text);
}

// grep -oh PATTERN FILES
int search_parts(Call& call) {
  const std::regex wanted(call.argv.at(2), std::regex::grep);
  std::string found;
  for (size_t i = 3; i < call.argv.size(); ++i) {
    const auto text = content(call, call.argv[i]);
    if (!text) continue;
    for (auto it = std::sregex_iterator(text->begin(), text->end(), wanted);
         it != std::sregex_iterator(); ++it)
      found += it->str() + "\n";
  }
  print(call, found);
  return found.empty() ? 1 : 0;
}

// grep -e '^{' FILES, grep -F -e TEXT, grep -l -F -e TEXT FILES, grep -v -e '^  ' -e '^wget: '
int search(Call& call) {
  if (call.argv.at(1) == "-oh") return search_parts(call);
  bool inverted = false;
  bool plain = false;
  bool lists = false;
  std::vector<std::string> wanted;
  size_t i = 1;
  for (; i < call.argv.size() && call.argv[i].starts_with('-'); ++i) {
    if (call.argv[i] == "-v")
      inverted = true;
    else if (call.argv[i] == "-F")
      plain = true;
    else if (call.argv[i] == "-l")
      lists = true;
    else if (call.argv[i] == "-e")
      wanted.push_back(call.argv.at(++i));
    else
      throw Unsupported("grep " + call.argv[i]);
  }
  const auto fits = [&](const std::string& line) {
    return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& one) {
             if (plain) return line.find(one) != std::string::npos;
             if (!one.starts_with('^') || one.find_first_of("*.[$\\", 1) != std::string::npos)
               throw Unsupported("grep for " + one);
             return line.starts_with(one.substr(1));
           }) != inverted;
  };
  const auto scan = [&](const std::string& text, const std::string& prefix) {
    std::string found;
    TextSource source(text);
    std::string line;
    while (source.read_line(line) || !line.empty())
      if (fits(line)) found += prefix + line + "\n";
    print(call, lists && !found.empty() ? prefix + "\n" : found);
    return !found.empty();
  };
  if (i == call.argv.size()) return scan(call.in.read_all(), "") ? 0 : 1;
  bool found = false;
  bool all_read = true;
  const bool named = call.argv.size() - i > 1;
  const std::string end = lists ? "" : ":";
  for (; i < call.argv.size(); ++i) {
    const auto text = content(call, call.argv[i]);
    if (text)
      found = scan(*text, named ? call.argv[i] + end : "") || found;
    else
      all_read = false;
  }
  if (lists && !all_read) return 2;
  return found ? 0 : 1;
}

int wait_for(Call& call) {
  const double seconds = std::atof(call.argv.at(1).c_str());
  call.shell.machine().kernel.pause(std::llround(seconds * 1e6));
  return 0;
}

int date(Call& call) {
  if (call.argv != Arguments{"date", "-u", "+%s"}) throw Unsupported("date in another format");
  const Machine& machine = call.shell.machine();
  return print(call, std::to_string(1'780'000'000 +
                                    (machine.kernel.now() + machine.clock_is_off_by) / 1'000'000) +
                         "\n");
}

int identify(Call& call) {
  if (call.argv != Arguments{"id", "-un"}) throw Unsupported("id without -un");
  return print(call, "root\n");
}

// Who hangs looks at the limit himself.
int with_limit(Call& call) {
  call.limit = std::llround(std::atof(call.argv.at(1).c_str()) * 1e6);
  return call.shell.run_program(call, {call.argv.begin() + 2, call.argv.end()});
}

}  // namespace

void add_core_programs(Machine& machine) {
  machine.programs = {
      {"mkdir", make_folders}, {"rm", remove},       {"mv", move},        {"ln", link},
      {"readlink", read_link}, {"cat", concatenate}, {"cp", copy},        {"cksum", checksum},
      {"sync", sync},          {"dd", fill},         {"df", free_space},  {"tr", translate},
      {"grep", search},        {"sleep", wait_for},  {"date", date},      {"id", identify},
      {"timeout", with_limit}, {"wc", count_bytes},  {"tail", last_part}, {"sed", edit}};
}

}  // namespace sim
