"""The words everybody speaks: frozen dataclasses and enums without behaviour that touches a machine."""
