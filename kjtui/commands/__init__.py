"""What kjtui does without its wizard: look, explain, record, report; jump and undo, which change things."""
