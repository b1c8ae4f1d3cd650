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
    ax.plot(lowest.x, lowest.y, "ko", alpha=0.6)
    ax.annotate(f"{lowest.y:.3f} at {lowest.x:.3f}", lowest, (-4.6, lowest.y + 0.7 * lowest.x + 2))
