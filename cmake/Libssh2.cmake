# libssh2 1.11 or newer: the one that cmake/install-dependencies has built, else the system's. With
# an older one of the system everything but RSA keys works, and says so where it matters.
option(SEGUE_SYSTEM_LIBSSH2 "Use the system's libssh2 even if there is one of ours" OFF)
set(deps ${CMAKE_SOURCE_DIR}/build/deps/libssh2)
if(NOT SEGUE_SYSTEM_LIBSSH2 AND EXISTS ${deps}/lib/libssh2.a AND EXISTS ${deps}/include/libssh2.h)
  set(SEGUE_LIBSSH2_INCLUDE ${deps}/include CACHE PATH "" FORCE)
  set(SEGUE_LIBSSH2_LIBRARY ${deps}/lib/libssh2.a CACHE FILEPATH "" FORCE)
elseif(SEGUE_STATIC)
  find_path(SEGUE_LIBSSH2_INCLUDE libssh2.h)
  find_library(SEGUE_LIBSSH2_LIBRARY libssh2.a)
else()
  find_path(SEGUE_LIBSSH2_INCLUDE libssh2.h)
  find_library(SEGUE_LIBSSH2_LIBRARY ssh2)
endif()
if(NOT SEGUE_LIBSSH2_INCLUDE OR NOT SEGUE_LIBSSH2_LIBRARY)
  message(FATAL_ERROR "libssh2 is missing. Run cmake/install-dependencies, which builds it into "
                      "build/deps/libssh2, or install libssh2-1-dev 1.11 or newer.")
endif()

file(STRINGS ${SEGUE_LIBSSH2_INCLUDE}/libssh2.h line REGEX "define LIBSSH2_VERSION +\"")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" SEGUE_LIBSSH2_VERSION "${line}")
message(STATUS "libssh2 ${SEGUE_LIBSSH2_VERSION}: ${SEGUE_LIBSSH2_LIBRARY}")
if(SEGUE_LIBSSH2_VERSION VERSION_LESS 1.11)
  message(WARNING "libssh2 ${SEGUE_LIBSSH2_VERSION} knows no RSA keys with SHA-2 and no hardened "
                  "servers; cmake/install-dependencies builds a newer one.")
endif()

add_library(segue_libssh2 INTERFACE)
target_include_directories(segue_libssh2 SYSTEM INTERFACE ${SEGUE_LIBSSH2_INCLUDE})
target_link_libraries(segue_libssh2 INTERFACE ${SEGUE_LIBSSH2_LIBRARY} OpenSSL::SSL
                                              OpenSSL::Crypto)
