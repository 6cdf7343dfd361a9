"""The sound of a film that is played, in step with its pictures."""
