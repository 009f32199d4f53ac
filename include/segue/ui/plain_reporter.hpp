// Shows everything as lines for people: one line per step when it has ended, with how long it took;
// on a terminal the running steps stand on a last, passing line. Colour only where it is wanted.
//   PlainReporter reporter({stdout, stderr, true, true});
//   reporter.progress({Report::Kind::succeeded, "web-1", "web", "start shop-web", "", 310ms});
//        0.31 s  web-1  start shop-web
#pragma once
#include "segue/ui/reporter.hpp"

#include <cstdio>
#include <map>
#include <string>

namespace segue {

struct PlainOptions {
  FILE* out = stdout;    // results
  FILE* error = stderr;  // errors
  bool colour = false;
  bool terminal = false;  // `out` is one: passing lines are allowed
  bool quiet = false;     // only errors and the last line
  bool verbose = false;   // steps also when they begin, with their reasons
  int width = 80;         // of the terminal
};

class PlainReporter : public Reporter {
 public:
  explicit PlainReporter(PlainOptions options);
  PlainReporter(const PlainReporter&) = delete;
  PlainReporter& operator=(const PlainReporter&) = delete;
  ~PlainReporter() override;

  void progress(const Report& report) override;
  void plan(const Plan& plan) override;
  void deployed(const DeployView& view) override;
  void status(const StatusView& view) override;
  void deploys(const std::vector<DeploysView>& releases) override;
  void release(const DeploysView& view) override;
  void audit(const std::vector<AuditView>& entries) override;
  void images(const std::vector<ImageView>& images, bool in_full) override;
  void lock(const std::vector<LockView>& hosts) override;
  void proxies(const std::vector<ProxyView>& hosts) override;
  void note(const std::string& text) override;
  void detail(const std::string& text) override;
  void error(const Error& error) override;
  void diagnostics(const std::vector<Error>& errors, const SourceTexts& texts,
                   const std::string& severity) override;
  void value(const std::string& name, const std::map<std::string, std::string>& fields,
             const std::string& people_text) override;
  void document(const std::string& name, const std::string& json,
                const std::string& people_text) override;

 private:
  void image_in_full(const ImageView& view);
  void lock_in_full(const LockView& view, const LockHolder& holder);
  void line(const std::string& text);
  void step_line(const std::string& first, const Report& report, const std::string& text);
  void write(FILE* file, const std::string& text);
  void draw_passing();
  void wipe();
  std::string paint(const char* code, const std::string& text) const;

  PlainOptions options_;
  std::map<std::string, std::string> running_;  // host -> what runs there
  bool passing_shown_ = false;
};

}  // namespace segue
