// What a host keeps of a release: one JSON file per release, the same on every host of it. Format 2
// holds all that a rollback needs, but no secret's value; format 1, without configuration and
// phases, is still read.
#pragma once
#include "segue/base/result.hpp"
#include "segue/host/layout.hpp"
#include "segue/script/section.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

enum class ReleaseStatus { succeeded, rolled_back, partial, interrupted };
std::string to_string(ReleaseStatus status);

struct ServiceRecord {
  std::string host;
  std::string service;
  std::string image;     // as configured
  std::string image_id;  // what ran
  std::string spec;
  std::string release;   // that created its containers
  bool changed = false;  // by this release
  int replicas = 1;
  std::string state{};          // changed, unchanged, as_before, unknown; empty in records of old
  std::string digest{};         // "name@sha256:..." of the image, when it came from a registry
  std::string configuration{};  // as recorded_service writes it; empty: not known
  // Path in the container -> name of the content that is mounted there (contents.hpp).
  std::map<std::string, std::string> contents{};
};

// A part of the deploy, as people were told of it, and how long it took.
struct PhaseRecord {
  std::string title;
  long long duration_ms = 0;
};

struct ReleaseRecord {
  std::string id;
  int sequence = 0;
  std::string project;
  std::string environment;
  ReleaseStatus status = ReleaseStatus::succeeded;
  std::string started_at;  // UTC, ISO 8601
  std::string finished_at;
  long long duration_ms = 0;
  std::string initiator;
  std::string message;
  std::string git_commit;
  std::string tool_version;
  std::string restores{};  // of a rollback: the release whose state this one is again
  std::vector<PhaseRecord> phases{};
  std::vector<ServiceRecord> services;
};

std::string record_json(const ReleaseRecord& record);
Result<ReleaseRecord> parse_record(const std::string& json);

// Written by temporary file, sync and rename.
Section write_record(const Layout& layout, const ReleaseRecord& record);

}  // namespace segue
