"""What kjtui does without its wizard: look, explain, record, report. None of it changes anything."""
