# Linked privately by our own targets only, never by a library of others.
add_library(segue_warnings INTERFACE)
target_compile_options(segue_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wextra-semi -Wimplicit-fallthrough)
if(SEGUE_WERROR)
  target_compile_options(segue_warnings INTERFACE -Werror)
endif()
