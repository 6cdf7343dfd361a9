"""The widgets of the side panel and the bars."""
