"""What runs in kernel B."""
