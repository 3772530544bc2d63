"""The review in a browser: pages, and the server that they speak to."""
