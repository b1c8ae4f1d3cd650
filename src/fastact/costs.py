"""What kernels cost; measured by tools/measure_costs.py.

2026-11-21, x86_64-v4, 2 cores.
"""

# Of calling a second thread, whose worker is asleep.
REGION_NANOSECONDS = 19245.0

# Per element on one thread, in float32 and float64.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "identity": (0.141, 0.219),
    "identity_derivative": (0.085, 0.162),
    "identity_backward": (0.113, 0.220),
    "identity_backward_from_output": (0.115, 0.211),
    "relu": (0.130, 0.248),
    "relu_derivative": (0.135, 0.263),
    "relu_backward": (0.164, 0.314),
    "relu_backward_from_output": (0.164, 0.297),
    "leaky_relu": (0.144, 0.283),
    "leaky_relu_derivative": (0.145, 0.287),
    "leaky_relu_backward": (0.174, 0.376),
    "leaky_relu_backward_from_output": (0.218, 0.423),
    "prelu": (0.198, 0.377),
    "prelu_derivative": (0.194, 0.339),
    "prelu_backward": (0.236, 0.435),
    "prelu_backward_by_weight": (0.194, 0.353),
    "elu": (0.231, 0.617),
    "elu_derivative": (0.223, 0.603),
    "elu_backward": (0.269, 0.622),
    "elu_backward_from_output": (0.180, 0.322),
    "sigmoid": (0.323, 0.819),
    "sigmoid_derivative": (0.298, 0.797),
    "sigmoid_backward": (0.338, 0.822),
    "sigmoid_backward_from_output": (0.203, 0.379),
    "tanh": (0.410, 1.268),
    "tanh_derivative": (0.330, 0.847),
    "tanh_backward": (0.363, 0.904),
    "tanh_backward_from_output": (0.203, 0.376),
    "softplus": (0.490, 1.864),
    "softplus_derivative": (0.355, 0.918),
    "softplus_backward": (0.389, 0.947),
    "softplus_backward_from_output": (0.272, 0.678),
    "silu": (0.323, 0.868),
    "silu_derivative": (0.431, 1.139),
    "silu_backward": (0.456, 1.119),
    "gelu": (0.499, 1.756),
    "gelu_derivative": (0.517, 1.695),
    "gelu_backward": (0.542, 1.770),
    "gelu_tanh": (0.573, 1.461),
    "gelu_tanh_derivative": (0.729, 1.743),
    "gelu_tanh_backward": (0.773, 1.742),
    "mish": (0.386, 0.952),
    "mish_derivative": (0.561, 1.316),
    "mish_backward": (0.568, 1.368),
    "sum": (0.125, 0.157),
    "softmax": (0.702, 1.452),
    "softmax_backward": (0.227, 0.375),
}
