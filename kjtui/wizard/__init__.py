"""The steps and the flow between them, with no screen."""
