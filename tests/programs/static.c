// A program linked as static: where code, data, heap and stack lie.
#include "program.h"
static int data = 1;
static int bss[5000];
int main(void) {
  void* heap = malloc(100);
  say("main %p data %p bss %p heap %p stack %p\n", (void*)main, (void*)&data, (void*)bss, heap, (void*)&heap);
  data += bss[4999] + 1;
  say("data %d, pid %d, time %ld\n", data, getpid(), (long)time(NULL));
  free(heap);
  return data == 2 ? 0 : 1;
}
