"""What kernels cost; measured by tools/measure_costs.py.

2026-11-21, x86_64-v4, 2 cores.
"""

# Of calling a second thread, whose worker is asleep.
REGION_NANOSECONDS = 19886.0

# Per element on one thread, in float32 and float64.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "identity": (0.138, 0.203),
    "identity_derivative": (0.081, 0.144),
    "identity_backward": (0.117, 0.218),
    "identity_backward_from_output": (0.109, 0.209),
    "relu": (0.128, 0.203),
    "relu_derivative": (0.135, 0.220),
    "relu_backward": (0.158, 0.312),
    "relu_backward_from_output": (0.157, 0.331),
    "leaky_relu": (0.143, 0.215),
    "leaky_relu_derivative": (0.146, 0.229),
    "leaky_relu_backward": (0.181, 0.380),
    "leaky_relu_backward_from_output": (0.203, 0.310),
    "prelu": (0.183, 0.301),
    "prelu_derivative": (0.169, 0.354),
    "prelu_backward": (0.239, 0.440),
    "prelu_backward_by_weight": (0.164, 0.307),
    "elu": (0.216, 0.547),
    "elu_derivative": (0.206, 0.538),
    "elu_backward": (0.222, 0.572),
    "elu_backward_from_output": (0.154, 0.320),
    "sigmoid": (0.293, 0.726),
    "sigmoid_derivative": (0.272, 0.712),
    "sigmoid_backward": (0.290, 0.759),
    "sigmoid_backward_from_output": (0.180, 0.302),
    "tanh": (0.374, 1.131),
    "tanh_derivative": (0.305, 0.751),
    "tanh_backward": (0.317, 0.833),
    "tanh_backward_from_output": (0.178, 0.304),
    "softplus": (0.447, 1.667),
    "softplus_derivative": (0.325, 0.810),
    "softplus_backward": (0.336, 0.872),
    "softplus_backward_from_output": (0.243, 0.607),
    "silu": (0.293, 0.771),
    "silu_derivative": (0.398, 1.016),
    "silu_backward": (0.403, 1.054),
    "gelu": (0.452, 1.621),
    "gelu_derivative": (0.487, 1.638),
    "gelu_backward": (0.509, 1.683),
    "gelu_tanh": (0.495, 1.172),
    "gelu_tanh_derivative": (0.616, 1.594),
    "gelu_tanh_backward": (0.612, 1.676),
    "mish": (0.360, 0.935),
    "mish_derivative": (0.524, 1.277),
    "mish_backward": (0.537, 1.301),
    "sum": (0.117, 0.131),
    "softmax": (0.652, 1.401),
    "softmax_backward": (0.211, 0.339),
}
