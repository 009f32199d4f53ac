# Version 19 by name: other versions know other checks.
if(SEGUE_TIDY)
  find_program(SEGUE_CLANG_TIDY clang-tidy-19 REQUIRED)
  set(SEGUE_TIDY_COMMAND "${SEGUE_CLANG_TIDY};--quiet")
endif()
