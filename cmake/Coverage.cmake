if(SEGUE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
