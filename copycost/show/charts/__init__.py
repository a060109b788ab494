"""Charts of runs and comparisons: `registry` names them, `gallery` draws them into files."""

import logging

from copycost.temporary import require_temporary

# Before matplotlib is imported, as every file of this room does: where the user's folder cannot be written or is not
# known, it keeps its list of fonts in a temporary one, and says so on standard error in every command.
require_temporary()
if logging.getLogger("matplotlib").level == logging.NOTSET:
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
