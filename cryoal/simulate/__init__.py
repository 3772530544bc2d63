"""Tomograms and sets of subtomograms of which every class is known, from atomic models or maps.

The path, a file each: ``structures`` (a file becomes a density), ``orientation``, ``crowding`` and
``packing`` (where particles are), ``painting``, ``distractors`` (what is there),
``transfer`` (``ctf``, ``wedge``) and ``noise`` (how it is seen), ``subtomograms`` and
``tomograms`` (what comes out), ``files`` (in which form). ``recipe`` holds every setting and
``run`` is the one call.
"""
