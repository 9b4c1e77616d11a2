"""From what a person sees to what is behind it: symptoms, questions, causes. Pure, without a screen."""
