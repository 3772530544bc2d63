"""Active learning for cryo-electron tomography.

The path, in the order of the folders: tomogram, pool, training pair, scores, query, labels, the
next cycle, export. Everything is reached from the command line (``cryoal --help``) and from
:class:`cryoal.campaign.Campaign`.
"""

from cryoal import errors

__all__ = ["errors"]
