"""Prints the microseconds of CPU time that DeepDiff takes to read and compare two JSON files: OLD NEW ROUNDS, the median."""

import json
import statistics
import sys
import time

from deepdiff import DeepDiff

taken = []
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    sides = []
    for path in sys.argv[1:3]:
        with open(path, encoding="utf-8") as file:
            sides.append(json.load(file))
    DeepDiff(*sides, ignore_order=True)
    taken.append((time.process_time() - start) * 1e6)
print(statistics.median(taken))
