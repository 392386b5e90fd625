"""Stories: guided tours through the pages, a file each, stepped through by keyboard."""
