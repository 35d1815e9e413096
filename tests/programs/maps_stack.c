// The stack grows by itself under deep recursion; maps before, during and after.
#include "maps.h"
__attribute__((noinline)) static int deeper(int depth) {
  volatile char block[8000];
  block[0] = (char)depth;
  block[7999] = 1;
  if (depth == 0) {
    print_maps("deep");
    return block[7999];
  }
  int below = deeper(depth - 1);
  return below + block[7999];
}
int main(void) {
  print_maps("start");
  CHECK(deeper(100) == 101);
  print_maps("shallow again");
  CHECK(deeper(400) == 401);
  print_maps("end");
  return 0;
}
