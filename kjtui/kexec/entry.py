"""Where kernel B goes back to: the last word of its command line, filled in by the entry stub."""

JUMP_BACK = "kexec_jump_back_entry=0x"


def read_entry(command_line: str) -> int:
    """The physical address at which kernel A waits; 0 when this kernel was not jumped to."""
    for word in command_line.split():
        if word.startswith("kexec_jump_back_entry="):
            try:
                return int(word.partition("=")[2], 0)
            except ValueError:
                return 0
    return 0
