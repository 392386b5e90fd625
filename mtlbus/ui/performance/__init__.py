"""The Performance page, and the numbers other pages take from it."""
