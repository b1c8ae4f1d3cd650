"""What kernels cost; measured by tools/measure_costs.py.

2026-11-21, x86_64, X86_64_LEVEL=4, 2 cores.
"""

# Of opening a parallel region.
REGION_NANOSECONDS = 1203.0

# Per element on one thread, in float32 and float64.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "identity": (0.151, 0.215),
    "identity_derivative": (0.078, 0.152),
    "identity_backward": (0.112, 0.219),
    "identity_backward_from_output": (0.120, 0.222),
    "relu": (0.119, 0.251),
    "relu_derivative": (0.123, 0.270),
    "relu_backward": (0.153, 0.326),
    "relu_backward_from_output": (0.170, 0.310),
    "leaky_relu": (0.124, 0.288),
    "leaky_relu_derivative": (0.130, 0.290),
    "leaky_relu_backward": (0.208, 0.328),
    "leaky_relu_backward_from_output": (0.192, 0.411),
    "prelu": (0.161, 0.350),
    "prelu_derivative": (0.185, 0.320),
    "prelu_backward": (0.265, 0.495),
    "prelu_backward_by_weight": (0.182, 0.347),
    "elu": (0.218, 0.556),
    "elu_derivative": (0.210, 0.544),
    "elu_backward": (0.241, 0.626),
    "elu_backward_from_output": (0.175, 0.311),
    "sigmoid": (0.287, 0.777),
    "sigmoid_derivative": (0.276, 0.733),
    "sigmoid_backward": (0.311, 0.804),
    "sigmoid_backward_from_output": (0.165, 0.334),
    "tanh": (0.393, 1.143),
    "tanh_derivative": (0.305, 0.842),
    "tanh_backward": (0.337, 0.854),
    "tanh_backward_from_output": (0.169, 0.352),
    "softplus": (0.483, 1.842),
    "softplus_derivative": (0.338, 0.844),
    "softplus_backward": (0.356, 0.925),
    "softplus_backward_from_output": (0.245, 0.616),
    "silu": (0.313, 0.780),
    "silu_derivative": (0.409, 1.039),
    "silu_backward": (0.459, 1.091),
    "gelu": (0.486, 1.636),
    "gelu_derivative": (0.510, 1.715),
    "gelu_backward": (0.523, 1.925),
    "gelu_tanh": (0.603, 1.466),
    "gelu_tanh_derivative": (0.734, 1.767),
    "gelu_tanh_backward": (0.757, 1.848),
    "mish": (0.375, 0.966),
    "mish_derivative": (0.538, 1.306),
    "mish_backward": (0.551, 1.350),
    "sum": (0.117, 0.141),
    "softmax": (0.594, 1.285),
    "softmax_backward": (0.206, 0.406),
}
