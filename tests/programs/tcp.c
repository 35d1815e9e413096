// A TCP server on the loopback with a thread per connection, and its clients in another process.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "program.h"
static void* serve(void* argument) {
  int fd = (int)(long)argument;
  char text[100];
  ssize_t got = recv(fd, text, sizeof text, 0);
  CHECK(got > 0 && send(fd, text, (size_t)got, 0) == got);
  say("thread %d served %.*s\n", gettid(), (int)got, text);
  close(fd);
  return NULL;
}
int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  CHECK(bind(listener, (struct sockaddr*)&address, size) == 0 && listen(listener, 5) == 0);
  CHECK(getsockname(listener, (struct sockaddr*)&address, &size) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    close(listener);
    for (int i = 0; i < 5; ++i) {
      int fd = socket(AF_INET, SOCK_STREAM, 0);
      char text[20], back[20] = "";
      int length = snprintf(text, sizeof text, "request %d", i);
      CHECK(connect(fd, (struct sockaddr*)&address, sizeof address) == 0);
      CHECK(send(fd, text, (size_t)length, 0) == length);
      CHECK(recv(fd, back, sizeof back, MSG_WAITALL) == length && strcmp(text, back) == 0);
      close(fd);
    }
    _exit(0);
  }
  pthread_t threads[5];
  for (int i = 0; i < 5; ++i) {
    struct sockaddr_in peer;
    size = sizeof peer;
    int fd = accept4(listener, (struct sockaddr*)&peer, &size, SOCK_CLOEXEC);
    CHECK(fd >= 0);
    say("connection from port %d\n", ntohs(peer.sin_port));
    CHECK(pthread_create(&threads[i], NULL, serve, (void*)(long)fd) == 0);
  }
  for (int i = 0; i < 5; ++i) CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(wait_for(pid) == 0);
  return 0;
}
