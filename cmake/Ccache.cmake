# Uses ccache when it is there. The sloppiness is what ccache needs to cache precompiled headers; and
# what was compiled in one clone is known again in the next.
find_program(SEGUE_CCACHE ccache)
if(SEGUE_CCACHE AND NOT SEGUE_TIDY)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
      "${SEGUE_CCACHE}")
endif()
find_program(SEGUE_MOLD mold)
if(SEGUE_MOLD AND NOT SEGUE_STATIC)
  add_link_options(-fuse-ld=mold)
endif()
