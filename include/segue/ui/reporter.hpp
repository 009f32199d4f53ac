// Everything that the program shows to people or to other programs goes through here: one
// implementation for people (plain lines, colour when wanted), one that prints JSON objects.
// The core reports values; only a Reporter makes text of them.
#pragma once
#include "segue/base/error.hpp"
#include "segue/base/exit_status.hpp"
#include "segue/base/source_texts.hpp"
#include "segue/host/record.hpp"
#include "segue/model/lock_facts.hpp"
#include "segue/plan/plan.hpp"
#include "segue/rollout/report.hpp"
#include "segue/rollout/rollout.hpp"
#include "segue/ui/views.hpp"

#include <map>
#include <string>
#include <vector>

namespace segue {

class Reporter {
 public:
  Reporter() = default;
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;
  virtual ~Reporter() = default;

  virtual void progress(const Report& report) = 0;
  virtual void plan(const Plan& plan) = 0;
  virtual void deployed(const DeployView& view) = 0;  // the summary at the end of a deploy
  virtual void status(const StatusView& view) = 0;
  virtual void deploys(const std::vector<DeploysView>& releases) = 0;
  virtual void release(const DeploysView& view) = 0;              // one of them, in full
  virtual void audit(const std::vector<AuditView>& entries) = 0;  // oldest first
  virtual void images(const std::vector<ImageView>& images, bool in_full) = 0;
  virtual void lock(const std::vector<LockView>& hosts) = 0;
  virtual void proxies(const std::vector<ProxyView>& hosts) = 0;
  virtual void note(const std::string& text) = 0;
  virtual void detail(const std::string& text) = 0;  // people see it with -v only
  virtual void error(const Error& error) = 0;
  // Configuration problems, with the texts of the files they are in, for the caret.
  virtual void diagnostics(const std::vector<Error>& errors, const SourceTexts& texts,
                           const std::string& severity) = 0;
  virtual void value(const std::string& name, const std::map<std::string, std::string>& fields,
                     const std::string& people_text) = 0;  // small results: version, validate, init
  // A result that is a document of its own: `json` is the text of an object.
  virtual void document(const std::string& name, const std::string& json,
                        const std::string& people_text) = 0;
};

}  // namespace segue
