"""
Leaky ReLU and its derivative
=============================

The slope is 0.5 here so that it shows. The derivative is 1 for all :math:`x > 0`, not only
from 1 on, and jumps at 0 from the slope to 1.
"""

import fastact as fa

ax = fa.plot("leaky_relu", derivative=True, negative_slope=0.5, x=(-2, 2))
for side in ("left", "bottom"):
    ax.spines[side].set_position("zero")
ax.set(xlabel="", ylabel="")
ax.legend(loc="lower right")

# %%
# At 0 there is no derivative. Libraries return the slope of one side; fastact that of the
# left side, as PyTorch does.

print(fa.leaky_relu.derivative([-1.0, 0.0, 0.5, 2.0], negative_slope=0.5))
