// The steps that replace the containers of one service on one host. Private to the planner.
#pragma once
#include "segue/engine/engine.hpp"
#include "segue/host/layout.hpp"
#include "segue/plan/service_containers.hpp"

namespace segue {

class RollBuilder {
 public:
  RollBuilder(const ContainerRequest& request, LiveSet live);
  Roll build(std::vector<FieldChange> changes, std::string trouble);

 private:
  void start_first(Roll& roll);
  void stop_first(Roll& roll);
  void step(Roll& roll, std::string title, std::string why, const char* name, ShellText body);
  ShellText rename_old() const;
  ShellText start_candidates() const;
  ShellText gate() const;
  void watch(Roll& roll, Gate gate);
  ShellText admit() const;
  ShellText commit() const;
  ShellText drain_and_update(const ShellText& drain) const;
  ShellText retire() const;
  ShellText stop_old() const;
  ShellText way_back() const;

  const ContainerRequest& request_;
  LiveSet live_;
  Engine engine_;
  Layout layout_;
  std::vector<ContainerSpec> specs_;
  std::vector<std::string> names_;          // of the candidates
  std::vector<std::string> old_names_;      // as they are now
  std::vector<std::string> retired_names_;  // as they will be
};

}  // namespace segue
