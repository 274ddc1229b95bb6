"""bqplot pictures of results. A view is given arrays; it computes nothing but pixels."""
