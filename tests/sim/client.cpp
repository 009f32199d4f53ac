#include "client.hpp"

#include "segue/base/error.hpp"

namespace sim {

using segue::Code;
using segue::fail;
using segue::Result;

Result<std::string> MemoryFiles::read(const std::string& path, size_t limit) {
  const auto it = files_.find(path);
  if (it == files_.end() || it->second.size() > limit) return fail(Code::failed, "no file " + path);
  return it->second;
}

Result<> MemoryFiles::write(const std::string& path, std::string_view bytes, unsigned /*mode*/) {
  files_[path] = bytes;
  return {};
}

Result<> MemoryFiles::append(const std::string& path, std::string_view bytes, unsigned /*mode*/) {
  files_[path] += bytes;
  return {};
}

Result<std::vector<std::string>> MemoryFiles::list(const std::string& /*path*/) {
  return std::vector<std::string>{};
}

Result<unsigned> MemoryFiles::owner(const std::string& /*path*/) {
  return 0U;
}

Result<unsigned> MemoryFiles::mode(const std::string& /*path*/) {
  return 0600U;
}

Result<> MemoryFiles::make_folder(const std::string& /*path*/, unsigned /*mode*/) {
  return {};
}

Result<> MemoryFiles::remove_folder(const std::string& path) {
  std::erase_if(files_, [&](const auto& file) { return file.first.starts_with(path + "/"); });
  return {};
}

Result<> MemoryFiles::make_directories(const std::string& /*path*/, unsigned /*mode*/) {
  return {};
}

Result<> MemoryFiles::remove(const std::string& path) {
  files_.erase(path);
  return {};
}

void ListingReporter::progress(const segue::Report& report) {
  lines_.push_back(report.host + " " + report.service + " " + report.title + " " + report.detail);
}

void ListingReporter::deployed(const segue::DeployView& view) {
  end_.states = view.result.states;
  if (view.result.error) lines_.push_back(to_string(*view.result.error));
  for (const std::string& warning : view.result.warnings) lines_.push_back("warning: " + warning);
}

void ListingReporter::note(const std::string& text) {
  lines_.push_back("note: " + text);
}

void ListingReporter::error(const segue::Error& error) {
  lines_.push_back("error: " + to_string(error));
}

void ListingReporter::diagnostics(const std::vector<segue::Error>& errors,
                                  const segue::SourceTexts& /*texts*/,
                                  const std::string& severity) {
  for (const segue::Error& one : errors) lines_.push_back(severity + ": " + to_string(one));
}

void ListingReporter::value(const std::string& name,
                            const std::map<std::string, std::string>& /*fields*/,
                            const std::string& people_text) {
  lines_.push_back(name + ": " + people_text);
}

}  // namespace sim
