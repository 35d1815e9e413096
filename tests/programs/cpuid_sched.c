// Which core, which affinity, which scheduler: getcpu, sched_getaffinity, sched_getscheduler, getpriority.
#include <sched.h>
#include <sys/resource.h>

#include "program.h"
int main(void) {
  cpu_set_t set;
  CHECK(sched_getaffinity(0, sizeof set, &set) == 0);
  unsigned core, node;
  CHECK(syscall(SYS_getcpu, &core, &node, NULL) == 0);
  struct sched_param parameter;
  CHECK(sched_getparam(0, &parameter) == 0);
  say("%d cores, on %u of node %u, scheduler %d, priority %d, nice %d, online %ld\n", CPU_COUNT(&set), core,
      node, sched_getscheduler(0), parameter.sched_priority, getpriority(PRIO_PROCESS, 0),
      sysconf(_SC_NPROCESSORS_ONLN));
  CHECK(sched_setaffinity(0, sizeof set, &set) == 0);
  for (int i = 0; i < 10; ++i) sched_yield();
  return 0;
}
