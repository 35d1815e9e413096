// bpf(2) refuses a program and writes why, while another thread sleeps in a call.
#include <linux/bpf.h>
#include <pthread.h>

#include "program.h"
static int ends[2];
static void* wait_for_byte(void* unused) {
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  return unused;
}
int main(void) {
  CHECK(pipe(ends) == 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, wait_for_byte, NULL) == 0);
  usleep(20000);
  // r0 = r3, which nobody has set.
  const struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_X, .src_reg = BPF_REG_3},
                                  {.code = BPF_JMP | BPF_EXIT}};
  static char explanation[4096];
  union bpf_attr request;
  memset(&request, 0, sizeof request);
  request.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  request.insns = (uint64_t)code;
  request.insn_cnt = 2;
  request.license = (uint64_t) "GPL";
  request.log_buf = (uint64_t)explanation;
  request.log_size = sizeof explanation;
  request.log_level = 1;
  const long result = syscall(SYS_bpf, BPF_PROG_LOAD, &request, sizeof request);
  say("%ld %d %s\n", result, errno, explanation);
  CHECK(result < 0);
  CHECK(write(ends[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
  return 0;
}
