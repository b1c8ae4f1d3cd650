"""What kernels cost; measured by tools/measure_costs.py.

2026-11-21, x86_64-v4, 2 cores.
"""

# Of calling a second thread, whose worker is asleep.
REGION_NANOSECONDS = 20070.0

# Per element on one thread, in float32 and float64.
NANOSECONDS: dict[str, tuple[float, float]] = {
    "identity": (0.159, 0.239),
    "identity_derivative": (0.095, 0.177),
    "identity_backward": (0.130, 0.240),
    "identity_backward_from_output": (0.126, 0.230),
    "relu": (0.136, 0.273),
    "relu_derivative": (0.143, 0.284),
    "relu_backward": (0.173, 0.330),
    "relu_backward_from_output": (0.176, 0.315),
    "leaky_relu": (0.146, 0.309),
    "leaky_relu_derivative": (0.155, 0.309),
    "leaky_relu_backward": (0.191, 0.409),
    "leaky_relu_backward_from_output": (0.234, 0.433),
    "prelu": (0.206, 0.388),
    "prelu_derivative": (0.194, 0.345),
    "prelu_backward": (0.246, 0.451),
    "prelu_backward_by_weight": (0.189, 0.358),
    "elu": (0.239, 0.631),
    "elu_derivative": (0.228, 0.605),
    "elu_backward": (0.270, 0.630),
    "elu_backward_from_output": (0.185, 0.329),
    "sigmoid": (0.324, 0.829),
    "sigmoid_derivative": (0.300, 0.797),
    "sigmoid_backward": (0.355, 0.834),
    "sigmoid_backward_from_output": (0.202, 0.385),
    "tanh": (0.411, 1.278),
    "tanh_derivative": (0.333, 0.844),
    "tanh_backward": (0.375, 0.952),
    "tanh_backward_from_output": (0.210, 0.389),
    "softplus": (0.487, 1.862),
    "softplus_derivative": (0.378, 0.940),
    "softplus_backward": (0.408, 0.971),
    "softplus_backward_from_output": (0.279, 0.684),
    "silu": (0.330, 0.864),
    "silu_derivative": (0.429, 1.132),
    "silu_backward": (0.472, 1.141),
    "gelu": (0.507, 1.705),
    "gelu_derivative": (0.528, 1.662),
    "gelu_backward": (0.541, 1.731),
    "gelu_tanh": (0.565, 1.434),
    "gelu_tanh_derivative": (0.717, 1.716),
    "gelu_tanh_backward": (0.762, 1.710),
    "mish": (0.382, 0.934),
    "mish_derivative": (0.580, 1.299),
    "mish_backward": (0.568, 1.348),
    "sum": (0.126, 0.167),
    "softmax": (0.748, 1.490),
    "softmax_backward": (0.242, 0.393),
}
