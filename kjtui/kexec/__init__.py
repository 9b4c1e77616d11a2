"""Pure bytes and numbers: what kexec_load is given, computed without touching a machine."""
