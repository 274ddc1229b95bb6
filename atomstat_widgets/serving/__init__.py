"""The server: processes, kernels and the scripts of the page."""
