"""What `make bench` is made of; `run.py` beside this package is the way in."""
