/* Hides the SHA-2 instructions from a program that asks the kernel for them. */
unsigned long __getauxval(unsigned long kind);

unsigned long getauxval(unsigned long kind) {
    const unsigned long hwcap = 16, sha2 = 1ul << 6;
    return kind == hwcap ? __getauxval(kind) & ~sha2 : __getauxval(kind);
}
