// What a rollout tells about its progress: plain data, for a Reporter to show.
#pragma once
#include "segue/base/duration.hpp"

#include <string>

namespace segue {

struct Report {
  enum class Kind {
    phase,      // title: "Staging on 2 hosts"
    began,      // of a step
    succeeded,  // of a step; took says how long
    failed,     // of a step; detail is the error
    drained,    // detail: "12 requests finished, 0 were cut"
    evidence,   // text from the host: logs, last response
    note,
    output,  // a line of a local program; title: whose
    sent,    // of a step that goes on; detail: "12.1 of 40 MiB"
  };
  Kind kind = Kind::note;
  std::string host;
  std::string service;
  std::string title;
  std::string detail;
  Duration took{0};
};

}  // namespace segue
