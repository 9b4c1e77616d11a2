"""What runs in kernel B."""

import sys
from types import ModuleType


class _Later(ModuleType):
    """Stands for a module until something in it is asked for."""

    def __getattr__(self, name: str) -> object:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(__import__(self.__name__), name)


# dataclasses imports it and needs it only for classes without a docstring; reading it in, with the parser and
# the disassembler that it imports, would be a third of the time from this program's start to its first word.
if "inspect" not in sys.modules:
    sys.modules["inspect"] = _Later("inspect")
