"""What runs beside the window: the session that plays, its threads, recordings, exports."""
