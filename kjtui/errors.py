"""The one exception that a person ever sees."""


class KjtuiError(Exception):
    """Something could not be done.

    title: one sentence in plain words, without a full stop: what happened.
    detail: why, with the technical term and what was read where.
    hint: what to do next.
    code: the system call that was refused and its errno ("reboot: EBUSY"), "" for all other troubles.
    """

    def __init__(self, title: str, detail: str = "", hint: str = "", code: str = "") -> None:
        super().__init__(title)
        self.title = title
        self.detail = detail
        self.hint = hint
        self.code = code

    def __str__(self) -> str:
        return "\n".join(part for part in (self.title, self.detail, self.hint) if part)
