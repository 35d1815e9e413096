// A pseudo terminal with a shell on it: openpty, termios, window size, a controlling terminal.
#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <utmp.h>

#include "program.h"
int main(void) {
  int master, slave;
  struct winsize size = {.ws_row = 33, .ws_col = 77};
  CHECK(openpty(&master, &slave, NULL, NULL, &size) == 0);
  struct termios modes;
  CHECK(tcgetattr(slave, &modes) == 0);
  modes.c_lflag &= ~(tcflag_t)ECHO;
  CHECK(tcsetattr(slave, TCSANOW, &modes) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    CHECK(login_tty(slave) == 0);
    execl("/bin/sh", "sh", "-c", "read line; stty size; echo got $line; tty", (char*)NULL);
    _exit(127);
  }
  close(slave);
  CHECK(write(master, "hello\n", 6) == 6);
  char text[1000];
  size_t total = 0;
  for (ssize_t got; (got = read(master, text + total, sizeof text - total)) > 0;) total += (size_t)got;
  say("%.*s", (int)total, text);
  CHECK(wait_for(pid) == 0);
  text[total] = 0;
  CHECK(strstr(text, "33 77") != NULL && strstr(text, "got hello") != NULL);
  return 0;
}
