"""`python -m freehold`."""

import sys

from freehold.cli.main import main

sys.exit(main())
