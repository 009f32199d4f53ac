# Debian ships fmt and spdlog as shared libraries only. Their headers carry the whole source, so
# each becomes a small static library here (docs/decisions/0002-static-fmt-and-spdlog.md).
find_path(SEGUE_FMT_INCLUDE fmt/format-inl.h REQUIRED)
find_path(SEGUE_SPDLOG_INCLUDE spdlog/spdlog-inl.h REQUIRED)

add_library(segue_fmt STATIC cmake/fmt_static.cpp)
target_include_directories(segue_fmt SYSTEM PUBLIC ${SEGUE_FMT_INCLUDE})

add_library(segue_spdlog STATIC EXCLUDE_FROM_ALL cmake/spdlog_static.cpp)
target_include_directories(segue_spdlog SYSTEM PUBLIC ${SEGUE_SPDLOG_INCLUDE})
target_compile_definitions(segue_spdlog PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(segue_spdlog PUBLIC segue_fmt)
