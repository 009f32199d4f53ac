# Uses ccache when it is there. The sloppiness is what ccache needs to cache precompiled headers.
find_program(SEGUE_CCACHE ccache)
if(SEGUE_CCACHE AND NOT SEGUE_TIDY)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "${SEGUE_CCACHE}")
endif()
find_program(SEGUE_MOLD mold)
if(SEGUE_MOLD AND NOT SEGUE_STATIC)
  add_link_options(-fuse-ld=mold)
endif()
