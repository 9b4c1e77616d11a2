"""Rehearsal machines that start as real ones do: firmware, the boot loader on a partitioned disk, kernel."""
