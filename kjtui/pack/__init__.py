"""Packing kernel B's initramfs: cpio archives, ELF dependencies, Python modules."""
