"""The way from a symptom through its questions to a diagnosis, with the way back."""

from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.model import Diagnosis, Question, Symptom, diagnose, next_question


class Walk:
    """One symptom on one machine. A question that was answered can be gone back to."""

    def __init__(self, symptom: Symptom, clues: Clues) -> None:
        self.symptom = symptom
        self._clues = [clues]  # before each answer, and now

    @property
    def clues(self) -> Clues:
        """What is known now."""
        return self._clues[-1]

    @property
    def question(self) -> Question | None:
        """What is to be asked now, None when the diagnosis can be made."""
        return next_question(self.symptom, self.clues)

    @property
    def number(self) -> int:
        """Which question it is, from 1."""
        return len(self._clues)

    def answer(self, choice: str) -> None:
        """Answer the question that is to be asked now."""
        question = self.question
        if question is not None:
            self._clues.append(self.clues.answered(question.id, choice))

    def back(self) -> bool:
        """Take the last answer back. Whether there was one."""
        if len(self._clues) == 1:
            return False
        self._clues.pop()
        return True

    def diagnosis(self) -> Diagnosis:
        """What is behind it, by all that is known now."""
        return diagnose(self.symptom, self.clues)
