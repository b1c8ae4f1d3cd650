"""What kernels cost; measured by tools/measure_costs.py.

2026-11-21, x86_64-v4, 2 cores.
"""

# Of opening a parallel region.
REGION_NANOSECONDS = 40.0

# Per element on one thread, in float32 and float64.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "identity": (0.139, 0.248),
    "identity_derivative": (0.090, 0.194),
    "identity_backward": (0.134, 0.241),
    "identity_backward_from_output": (0.145, 0.243),
    "relu": (0.122, 0.275),
    "relu_derivative": (0.126, 0.286),
    "relu_backward": (0.161, 0.337),
    "relu_backward_from_output": (0.173, 0.315),
    "leaky_relu": (0.123, 0.287),
    "leaky_relu_derivative": (0.131, 0.304),
    "leaky_relu_backward": (0.211, 0.324),
    "leaky_relu_backward_from_output": (0.189, 0.400),
    "prelu": (0.162, 0.355),
    "prelu_derivative": (0.186, 0.311),
    "prelu_backward": (0.263, 0.502),
    "prelu_backward_by_weight": (0.184, 0.352),
    "elu": (0.225, 0.573),
    "elu_derivative": (0.209, 0.539),
    "elu_backward": (0.243, 0.590),
    "elu_backward_from_output": (0.179, 0.309),
    "sigmoid": (0.293, 0.730),
    "sigmoid_derivative": (0.276, 0.709),
    "sigmoid_backward": (0.300, 0.765),
    "sigmoid_backward_from_output": (0.164, 0.340),
    "tanh": (0.363, 1.119),
    "tanh_derivative": (0.300, 0.749),
    "tanh_backward": (0.329, 0.834),
    "tanh_backward_from_output": (0.168, 0.344),
    "softplus": (0.439, 1.664),
    "softplus_derivative": (0.333, 0.829),
    "softplus_backward": (0.340, 0.863),
    "softplus_backward_from_output": (0.234, 0.616),
    "silu": (0.295, 0.777),
    "silu_derivative": (0.399, 1.006),
    "silu_backward": (0.418, 1.084),
    "gelu": (0.463, 1.594),
    "gelu_derivative": (0.504, 1.662),
    "gelu_backward": (0.499, 1.713),
    "gelu_tanh": (0.550, 1.401),
    "gelu_tanh_derivative": (0.724, 1.664),
    "gelu_tanh_backward": (0.733, 1.702),
    "mish": (0.376, 0.942),
    "mish_derivative": (0.542, 1.288),
    "mish_backward": (0.531, 1.316),
    "sum": (0.121, 0.159),
    "softmax": (0.654, 1.382),
    "softmax_backward": (0.211, 0.372),
}
