"""Benchmarks: `make bench`, or `python -m tests.bench [collect] [panels] [elb] [s3]`. Nothing here is run by the tests.

Each figure is a ratio against something done in the same run on the same files: machines are noisy, ratios less so.
"""
