"""The steps and the flow between them, with no screen: the full-screen and the plain mode both drive it."""
