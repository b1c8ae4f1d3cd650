"""
Five curves in one figure
=========================

:func:`fastact.plot` draws activations by name. A pair of a name and a mapping sets
parameters: at its default slope of 0.01 a leaky rectifier could not be told from ReLU.
"""

import fastact as fa

leaky = ("leaky_relu", {"negative_slope": 0.1})
ax = fa.plot("sigmoid", "tanh", "relu", leaky, "elu", x=(-10, 10))
ax.set_title("Bounded on both sides, on one side, and not at all")

# %%
# The right halves of the rectifiers coincide, and the last one drawn hides the others. On the
# axes that ``plot`` returns all of Matplotlib is at hand; limits bring out the bend at 0.

ax = fa.plot("relu", leaky, "elu", x=(-4, 4))
ax.set(xlim=(-4, 1), ylim=(-1.1, 1), title="The left sides of three rectifiers")
