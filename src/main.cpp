#include <cstdio>

int main() {
  std::puts("segue");
  return 0;
}
