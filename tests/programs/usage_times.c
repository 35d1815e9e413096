// getrusage, times, clock, getloadavg, sysinfo, uname: what the kernel counts and is.
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>

#include "program.h"
int main(void) {
  struct rusage usage;
  struct tms ticks;
  struct sysinfo machine;
  struct utsname name;
  CHECK(getrusage(RUSAGE_SELF, &usage) == 0 && times(&ticks) != (clock_t)-1);
  CHECK(sysinfo(&machine) == 0 && uname(&name) == 0);
  say("%ld faults, %ld KiB, %ld ticks, up %ld s, %lu MiB free\n", usage.ru_minflt, usage.ru_maxrss,
      (long)ticks.tms_utime, machine.uptime, machine.freeram >> 20);
  say("%s %s on %s, clock %ld\n", name.sysname, name.release, name.nodename, (long)clock());
  return 0;
}
