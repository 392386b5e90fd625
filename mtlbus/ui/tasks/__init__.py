"""What is not breast ultrasound: its cases, its networks, and each page about them."""
