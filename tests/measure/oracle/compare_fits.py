"""Compares the scalability laws that write_fits.cc fits with scipy's non-negative least squares.

Usage: compare_fits.py PROGRAM. Exits 77 (skipped) where scipy is not installed.
"""
import json
import subprocess
import sys

try:
    import numpy
    from scipy.optimize import nnls
except ImportError:
    print("python3-scipy is not installed")
    sys.exit(77)


def fitted(points):
    n, x = numpy.array(points).T
    columns = numpy.array([numpy.ones_like(n), n - 1, n * (n - 1)]).T
    weights = (x / n)[:, None]
    (c0, c1, c2), _ = nnls(columns * weights, numpy.ones_like(n))
    return 1 / c0, c1 / c0, c2 / c0


cases = [json.loads(line) for line in subprocess.check_output([sys.argv[1]]).splitlines()]
fits = 0
for case in cases:
    if case["missing"]:
        continue
    fits += 1
    for name, expected in zip(("gamma", "alpha", "beta"), fitted(case["points"])):
        seen = case[name]
        assert abs(seen - expected) <= 1e-6 * max(1e-3, abs(expected)), (
            f"{name}: Weir says {seen}, scipy {expected}")
assert fits >= 40, f"only {fits} of {len(cases)} were fitted"
print(f"{fits} fits agree")
