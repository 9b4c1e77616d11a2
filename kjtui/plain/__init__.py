"""The wizard as questions and answers, line by line: for screen readers, braille and bare terminals."""
