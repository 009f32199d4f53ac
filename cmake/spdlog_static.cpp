#include <spdlog/common-inl.h>
