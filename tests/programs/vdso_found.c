// the vDSO's clock functions called although nobody was told of it.
#include <elf.h>

#include "program.h"
int main(void) {
  FILE* f = fopen("/proc/self/maps", "r");
  char l[500];
  unsigned long vd = 0;
  while (fgets(l, 500, f))
    if (strstr(l, "[vdso]")) vd = strtoul(l, 0, 16);
  if (!vd) return 0;
  Elf64_Ehdr* e = (void*)vd;
  Elf64_Phdr* ph = (void*)(vd + e->e_phoff);
  Elf64_Dyn* d = 0;
  for (int i = 0; i < e->e_phnum; i++)
    if (ph[i].p_type == PT_DYNAMIC) d = (void*)(vd + ph[i].p_offset);
  Elf64_Sym* sy = 0;
  char* st = 0;
  unsigned* h = 0;

  for (; d->d_tag; d++) {
    if (d->d_tag == DT_SYMTAB) sy = (void*)(vd + d->d_un.d_ptr);
    if (d->d_tag == DT_STRTAB) st = (void*)(vd + d->d_un.d_ptr);
    if (d->d_tag == DT_HASH) h = (void*)(vd + d->d_un.d_ptr);
  }
  int n = h ? h[1] : 16;
  for (int i = 1; i < n; i++) {
    char* nm = st + sy[i].st_name;
    void* fn = (void*)(vd + sy[i].st_value);
    if (!strcmp(nm, "__vdso_clock_gettime")) {
      struct timespec ts;
      for (int k = 0; k < 3; k++) {
        ((int (*)(int, struct timespec*))fn)(k, &ts);
        say("%ld.%09ld\n", ts.tv_sec, ts.tv_nsec);
      }
    }
    if (!strcmp(nm, "__vdso_getcpu")) {
      unsigned a, b;
      ((int (*)(unsigned*, unsigned*, void*))fn)(&a, &b, 0);
      say("%u\n", a);
    }
    if (!strcmp(nm, "__vdso_time")) {
      say("%ld\n", ((long (*)(long*))fn)(0));
    }
    if (!strcmp(nm, "__vdso_gettimeofday")) {
      long tv[2];
      ((int (*)(void*, void*))fn)(tv, 0);
      say("%ld %ld\n", tv[0], tv[1]);
    }
    if (!strcmp(nm, "__vdso_clock_getres")) {
      struct timespec ts;
      say("%d\n", ((int (*)(int, void*))fn)(1, &ts));
    }
  }
  return 0;
}
