"""Pictures in the browser: a grey image, and regions over it as lines, under one zoom."""
