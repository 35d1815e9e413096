/* The linked stub, as bytes inside bygone: nothing has to be found at run time. */
    .section .rodata
    .globl bygone_stub_begin
    .globl bygone_stub_end
    .balign 16
bygone_stub_begin:
    .incbin STUB_FILE
bygone_stub_end:
    .section .note.GNU-stack,"",@progbits
