"""Changes as operations: described, shown beforehand, made, undone."""
