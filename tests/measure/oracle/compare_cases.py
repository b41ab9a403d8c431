"""Compares what write_cases.cc prints with scipy and with an enumeration of all signs.

Usage: compare_cases.py PROGRAM. Exits 77 (skipped) where scipy is not installed.
"""
import itertools
import json
import subprocess
import sys

try:
    import numpy
    from scipy import stats
except ImportError:
    print("python3-scipy is not installed")
    sys.exit(77)

MOST_ENUMERATED = 12


def enumerated_p(differences):
    """Two-sided signed-rank probability over every choice of signs; zeros are ranked (Pratt)."""
    ranks = stats.rankdata(numpy.abs(differences))[differences != 0]
    positive = ranks[differences[differences != 0] > 0].sum()
    seen = min(positive, ranks.sum() - positive)
    sums = [sum(rank for rank, sign in zip(ranks, signs) if sign)
            for signs in itertools.product((0, 1), repeat=len(ranks))]
    return min(1.0, 2 * numpy.mean(numpy.array(sums) <= seen + 1e-9))


def flipped_p(differences):
    signs = numpy.array(list(itertools.product((-1, 1), repeat=len(differences))))
    sums = numpy.abs(signs @ differences)
    return numpy.mean(sums >= abs(differences.sum()) - 1e-9)


def holm(chances):
    adjusted = numpy.zeros(len(chances))
    running = 0.0
    for step, index in enumerate(numpy.argsort(chances, kind="stable")):
        running = max(running, min(1.0, (len(chances) - step) * chances[index]))
        adjusted[index] = running
    return adjusted


def near(what, seen, expected):
    assert abs(seen - expected) <= 1e-9 * max(1.0, abs(expected)), (
        f"{what}: Weir says {seen}, the oracle {expected}")


def exact_p(differences):
    return stats.wilcoxon(differences, mode="exact").pvalue


def compare_interval(case, differences):
    """Just inside the interval a centre is believable at 0.05, just outside it is not."""
    if case["low"] is None:
        assert 2 / 2 ** len(differences) > 0.05
        return
    step = 1e-7
    for end, inwards in ((case["low"], step), (case["high"], -step)):
        assert exact_p(differences - end - inwards) > 0.05
        assert exact_p(differences - end + inwards) <= 0.05


def compare(case):
    differences = numpy.array(case["differences"])
    amounts = numpy.abs(differences)
    ties = len(set(amounts)) < len(amounts) or 0 in amounts
    if not ties:
        near("signed-rank p", case["p"], exact_p(differences))
        compare_interval(case, differences)
    if len(differences) <= MOST_ENUMERATED:
        near("enumerated p", case["p"], enumerated_p(differences))
        near("sign-flip p", case["sign_flip_p"], flipped_p(differences))
    walsh = [(differences[i] + differences[j]) / 2
             for i in range(len(differences)) for j in range(i, len(differences))]
    near("Hodges-Lehmann", case["hodges_lehmann"], numpy.median(walsh))
    if len(differences) > 1 and numpy.std(differences) > 0:
        near("t-test p", case["t_test_p"], stats.ttest_1samp(differences, 0).pvalue)
    for seen, expected in zip(case["holm"], holm(numpy.array(case["chances"]))):
        near("Holm", seen, expected)
    return ties


def main():
    lines = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
    cases = [json.loads(line) for line in lines.splitlines()]
    tied = sum(compare(case) for case in cases)
    assert len(cases) >= 400 and tied >= 100, "too few cases"
    print(f"{len(cases)} cases, {tied} of them with ties or zeros: all agree")


main()
