"""The checks: data plus one pure function each, from Facts to a Finding."""
