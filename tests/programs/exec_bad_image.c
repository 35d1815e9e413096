// Programs the kernel starts to load and cannot: killed when the old memory is gone. And one without code.
#include <elf.h>

#include "program.h"
#define BASE 0x400000
static const char* write_image(const char* name, uint64_t base, uint64_t entry, uint32_t flags) {
  static char image[4096];
  Elf64_Ehdr* header = (Elf64_Ehdr*)image;
  Elf64_Phdr* segment = (Elf64_Phdr*)(image + sizeof *header);
  memcpy(header->e_ident, ELFMAG "\2\1\1", 7);
  header->e_type = ET_EXEC;
  header->e_machine = EM_X86_64;
  header->e_version = 1;
  header->e_entry = entry;
  header->e_phoff = header->e_ehsize = sizeof *header;
  header->e_phentsize = sizeof *segment;
  header->e_phnum = 1;
  segment->p_type = PT_LOAD;
  segment->p_flags = flags;
  segment->p_vaddr = base;
  segment->p_filesz = segment->p_memsz = sizeof image;
  segment->p_align = sizeof image;
  int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0755);
  CHECK(fd >= 0);
  CHECK(write(fd, image, sizeof image) == sizeof image);
  close(fd);
  return name;
}
static void run(const char* name) {
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    execl(name, name, (char*)NULL);
    _exit(1);
  }
  int status = wait_for(child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  unlink(name);
}
int main(void) {
  char name[64];
  snprintf(name, sizeof name, "/tmp/bygone-image-%d", getpid());
  run(write_image(name, 0x7ffffffff000, 0x7ffffffff100, PF_R | PF_X));  // no room there
  run(write_image(name, BASE, BASE + 0x800, PF_R | PF_W));              // its entry cannot be executed
  run(write_image(name, BASE, BASE + 0x500000, PF_R | PF_X));           // nor is it mapped
  return 0;
}
