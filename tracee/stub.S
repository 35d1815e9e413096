/* The code page every tracee holds at kCodePage (tracee/stub_image.h): runs the list of system calls on the data
   page, one 64-byte entry each (number, six arguments, room for the result), up to an entry with number -1, then
   stops with a breakpoint. It touches neither the stack nor memory outside the two pages. */
    .globl _start
    .text
_start:
    mov $0x70001000, %ebx
1:  mov (%rbx), %rax
    cmp $-1, %rax
    je 2f
    mov 8(%rbx), %rdi
    mov 16(%rbx), %rsi
    mov 24(%rbx), %rdx
    mov 32(%rbx), %r10
    mov 40(%rbx), %r8
    mov 48(%rbx), %r9
    syscall
    mov %rax, 56(%rbx)
    add $64, %rbx
    jmp 1b
2:  int3
    jmp 2b

    .data
    .fill 4096, 1, 0
    .section .note.GNU-stack,"",@progbits
