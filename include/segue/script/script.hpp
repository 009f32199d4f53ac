// A shell script made of sections, rendered by the rules that docs/scripts.md explains: it arrives
// whole or not at all, survives the loss of its reader, keeps a journal, checks before every
// section that the lock is still ours, and ends with a trailer that nothing else can print.
//   Script script;
//   script.sections.push_back({"switch", ShellText("mv green.off green")});
//   transport.start(ticket, host, script.render(nonce, values));
#pragma once
#include "segue/script/section.hpp"

#include <optional>
#include <string>
#include <vector>

namespace segue {

// What a section checks before it runs: the holder file of our generation is there, not released,
// and nobody has taken over (rules B1).
struct Fence {
  std::string lock_folder;
  int generation = 0;
};

// Where a script writes down that it runs, and what it has done so far.
struct Journal {
  std::string file;   // preallocated; written in place, so that a full disk can't stop us
  std::string spool;  // progress, for a client that reconnects
  std::string run;    // the release id and a number: "42-v1-9f3a/3"
};

struct Script {
  std::optional<Fence> fence;
  std::optional<Journal> journal;
  std::vector<Section> sections;
  // Data follows the script on its standard input: a section reads it as descriptor 7.
  bool reads_data = false;
  ShellText way_back;  // runs when a section failed, unless the fence did; empty: nothing

  // `nonce` is 32 hex digits, never used twice.
  std::string render(const std::string& nonce, const ShellText::Values& values) const;
};

// Statuses with which our own code ends a section. Above those of ordinary programs.
inline constexpr int kFenceStatus = 97;    // somebody else holds the lock now
inline constexpr int kProblemStatus = 96;  // a `problem` was told

}  // namespace segue
