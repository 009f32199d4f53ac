# 1.10 can do neither RSA keys nor hardened servers, so the newer one that install-dependencies
# builds where the system has none comes first.
set(SEGUE_OWN_LIBSSH2 ${CMAKE_SOURCE_DIR}/build/deps/libssh2)
find_path(SEGUE_SSH2_INCLUDE libssh2.h HINTS ${SEGUE_OWN_LIBSSH2}/include REQUIRED)
if(SEGUE_STATIC OR EXISTS ${SEGUE_OWN_LIBSSH2}/lib/libssh2.a)
  set(library_name libssh2.a)
else()
  set(library_name ssh2)
endif()
find_library(SEGUE_SSH2_LIBRARY ${library_name} HINTS ${SEGUE_OWN_LIBSSH2}/lib REQUIRED)

add_library(segue_libssh2 INTERFACE)
target_include_directories(segue_libssh2 SYSTEM INTERFACE ${SEGUE_SSH2_INCLUDE})
target_link_libraries(segue_libssh2 INTERFACE ${SEGUE_SSH2_LIBRARY} OpenSSL::SSL OpenSSL::Crypto)
# Distributions build libssh2.a with compression; ours has none.
if(SEGUE_STATIC AND NOT SEGUE_SSH2_LIBRARY MATCHES "^${SEGUE_OWN_LIBSSH2}")
  find_package(ZLIB REQUIRED)
  target_link_libraries(segue_libssh2 INTERFACE ZLIB::ZLIB)
endif()
