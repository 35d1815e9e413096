// Descriptors marked close-on-exec are gone after exec, others stay; signal dispositions are reset.
#include "program.h"
static void handler(int number) {
  (void)number;
}
int main(int argc, char** argv) {
  if (argc == 1) {
    int kept = open("/dev/null", O_RDONLY);
    int closed = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK(kept >= 0 && closed == kept + 1);
    signal(SIGUSR1, handler);
    signal(SIGUSR2, SIG_IGN);
    execl("/proc/self/exe", argv[0], "again", (char*)NULL);
    CHECK(!"exec failed");
  }
  CHECK(fcntl(3, F_GETFD) == 0);
  CHECK(fcntl(4, F_GETFD) == -1 && errno == EBADF);
  CHECK(signal(SIGUSR1, SIG_DFL) == SIG_DFL);
  CHECK(signal(SIGUSR2, SIG_DFL) == SIG_IGN);
  say("%d kept 3 and lost 4\n", getpid());
  return 0;
}
