"""Labels of people: what they say, where they lie, how they are drawn."""
