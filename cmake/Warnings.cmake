# Linked privately by our own targets only, never by a library of others.
add_library(segue_warnings INTERFACE)
target_compile_options(segue_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wextra-semi -Wimplicit-fallthrough)
# In 13 and 14 it warns of functions that return a reference into their other arguments.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
  target_compile_options(segue_warnings INTERFACE -Wno-dangling-reference)
endif()
if(SEGUE_WERROR)
  target_compile_options(segue_warnings INTERFACE -Werror)
endif()
