"""What acts in the window: opens, writes, tells, and does what is chosen for people."""
