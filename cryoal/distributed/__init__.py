"""Many processes and machines that do the work of one.

Dask's distributed (the extra ``cluster``) carries the work there and the results back; nothing of
it is imported before somebody asks for workers.
"""
