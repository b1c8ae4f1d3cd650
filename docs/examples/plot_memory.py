"""
What a backward pass keeps
==========================

``forward`` returns a context, which keeps what the gradient needs: one bit an element, the
output, the derivative in 16 bits, or the input. Its size is counted here for passes in place,
where the input is gone.
"""

import matplotlib.pyplot as plt
import numpy as np

import fastact as fa

x = np.linspace(-4, 4, 100_000, dtype=np.float32)


def bytes_in_place(f):
    """Bytes an element beside the output."""
    y = x.copy()
    _, context = f.forward(y, out=y)
    kept = [array for array in context.arrays if not np.shares_memory(array, y)]
    return context.save, sum(array.nbytes for array in kept) / x.size


names = ("relu", "leaky_relu", "hardtanh", "tanh", "sigmoid", "elu", "softplus", "gelu", "silu")
names += ("mish", "snake")
found = {name: bytes_in_place(fa.get(name)) for name in names}

fig, ax = plt.subplots()
ways = ("mask", "output", "derivative", "input")
for way in ways:
    sizes = {name: size for name, (kept, size) in found.items() if kept == way}
    bars = ax.barh([*sizes], [*sizes.values()], label=f"the {way}")
    ax.bar_label(bars, fmt="%g", padding=3)
ax.invert_yaxis()
ax.grid(axis="y", visible=False)
ax.set(xlabel="bytes kept, per float32 element", title="In place, beside the output")
ax.legend()

# %%
# The copy of the input that other libraries keep takes 4 bytes. ``save="input"`` keeps it here
# too: the gradient of GELU is then right to the last digits, while the 16-bit derivative is
# off by at most

dy = np.ones_like(x)
_, exact = fa.gelu.forward(x, save="input")
_, compact = fa.gelu.forward(x, save="derivative")
print(f"{np.abs(compact.backward(dy) - exact.backward(dy)).max():.1e}")
