"""What kernels cost; measured by tools/measure_costs.py.

2026-11-21, x86_64-v4, 2 cores.
"""

# Of calling a second thread, whose worker is asleep.
REGION_NANOSECONDS = 20084.0

# Per element on one thread, in float32 and float64.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "identity": (0.153, 0.232),
    "identity_derivative": (0.085, 0.159),
    "identity_backward": (0.120, 0.226),
    "identity_backward_from_output": (0.118, 0.218),
    "relu": (0.132, 0.265),
    "relu_derivative": (0.140, 0.277),
    "relu_backward": (0.166, 0.324),
    "relu_backward_from_output": (0.164, 0.303),
    "leaky_relu": (0.144, 0.299),
    "leaky_relu_derivative": (0.152, 0.293),
    "leaky_relu_backward": (0.174, 0.379),
    "leaky_relu_backward_from_output": (0.220, 0.431),
    "prelu": (0.201, 0.370),
    "prelu_derivative": (0.182, 0.334),
    "prelu_backward": (0.231, 0.420),
    "prelu_backward_by_weight": (0.185, 0.345),
    "elu": (0.230, 0.614),
    "elu_derivative": (0.221, 0.607),
    "elu_backward": (0.267, 0.623),
    "elu_backward_from_output": (0.180, 0.313),
    "sigmoid": (0.320, 0.821),
    "sigmoid_derivative": (0.300, 0.809),
    "sigmoid_backward": (0.338, 0.825),
    "sigmoid_backward_from_output": (0.197, 0.366),
    "tanh": (0.415, 1.262),
    "tanh_derivative": (0.333, 0.844),
    "tanh_backward": (0.365, 0.918),
    "tanh_backward_from_output": (0.200, 0.365),
    "softplus": (0.487, 1.861),
    "softplus_derivative": (0.353, 0.913),
    "softplus_backward": (0.395, 0.950),
    "softplus_backward_from_output": (0.277, 0.679),
    "silu": (0.327, 0.862),
    "silu_derivative": (0.425, 1.135),
    "silu_backward": (0.466, 1.142),
    "gelu": (0.465, 1.664),
    "gelu_derivative": (0.512, 1.671),
    "gelu_backward": (0.538, 1.761),
    "gelu_tanh": (0.511, 1.250),
    "gelu_tanh_derivative": (0.618, 1.675),
    "gelu_tanh_backward": (0.656, 1.706),
    "mish": (0.380, 0.949),
    "mish_derivative": (0.553, 1.312),
    "mish_backward": (0.568, 1.368),
    "sum": (0.113, 0.145),
    "softmax": (0.701, 1.452),
    "softmax_backward": (0.229, 0.369),
}
