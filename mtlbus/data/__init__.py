"""From files on disk, and from physics, to clean images, masks and splits."""

import warnings

# A picture of thousands of faulty tags would fill a log; one line says whether it can be read.
warnings.filterwarnings("ignore", module=r"PIL\.")
