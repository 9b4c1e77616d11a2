"""The full-screen mode, made for plain consoles: 80x24, keyboard only, few bytes."""
