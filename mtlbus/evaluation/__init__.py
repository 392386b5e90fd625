"""How good a method is: metrics, intervals, operating points, calibration, comparisons, tables."""
