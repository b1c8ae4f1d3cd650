"""
GELU and Mish with their derivatives
====================================

Both dip below 0 and come back: they are not monotone, and their derivatives change sign where
the curves are lowest.
"""

import fastact as fa

ax = fa.plot("gelu", "mish", derivative=True)
for activation in (fa.gelu, fa.mish):
    lowest = activation.info.minimum
    label = f"lowest {lowest.y:.3f} at {lowest.x:.3f}"
    ax.plot(lowest.x, lowest.y, "o", color="C7", alpha=0.7, label=label)
ax.legend()
