"""A run on every host of a Dask cluster: who is asked, what comes back, where it lands."""
