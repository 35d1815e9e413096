// dlopen and dlclose: a library mapped and unmapped while running.
#include <dlfcn.h>

#include "program.h"
int main(void) {
  for (int i = 0; i < 3; ++i) {
    void* library = dlopen("libm.so.6", RTLD_NOW);
    CHECK(library != NULL);
    double (*cosine)(double);
    *(void**)&cosine = dlsym(library, "cos");
    CHECK(cosine != NULL);
    volatile double zero = 0;
    CHECK(cosine(zero) == 1);
    say("cos at %p\n", *(void**)&cosine);
    CHECK(dlclose(library) == 0);
  }
  return 0;
}
