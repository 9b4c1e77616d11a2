"""Everything that touches the machine, behind two Protocols: a reader and a writer."""
