"""The files that hold the kernel command line, as text: read, changed word by word, and changed back."""
