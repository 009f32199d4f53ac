#include "segue/cli/cli.hpp"

#ifdef SEGUE_STATIC
#include "static_release.hpp"
#endif

int main(int argc, char** argv) {
#ifdef SEGUE_STATIC
  segue::pin_name_services();
#endif
  return segue::run_command_line(argc, argv);
}
