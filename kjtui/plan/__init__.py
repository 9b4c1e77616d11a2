"""Operations that can be described, previewed, executed and undone."""
