"""An expression as a graph of operations, with every function put in its place.

Each operation on the same operands is found once.  Nothing else changes, but for what a
literal 1 makes superfluous: so the bits stay those of the expression.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from .translate import is_literal

# Cycles until a result can be used and instructions that make it, roughly those of all
# recent processors; others take ARITHMETIC and one.
LATENCY = {"/": 20, "sqrt": 20, "if": 4, "bits": 1}
INSTRUCTIONS = {"/": 3, "sqrt": 3, "if": 2, "bits": 0}
ARITHMETIC = 4

_SYMBOLS: dict[type[ast.AST], str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"},
    **{ast.LShift: "<<", ast.RShift: ">>", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">"},
    **{ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="},
}


class Value:
    """An operation with its operands, or what is given: an element, a parameter, a literal."""

    def __init__(self, template: str, operands: Sequence[Value], operation: str, kind: str) -> None:
        self.template, self.operands, self.kind = template, tuple(operands), kind
        self.operation, self.is_given = operation, not operation
        if self.is_given:
            self.varies = template.endswith("[i]")
        else:
            self.varies = any(operand.varies for operand in operands)
        # What does not vary, the compiler computes before the loop.
        costs = self.varies and not self.is_given
        self.latency = LATENCY.get(operation, ARITHMETIC) if costs else 0
        self.instructions = INSTRUCTIONS.get(operation, 1) if costs else 0
        self.ready: int = self.latency + max((operand.ready for operand in operands), default=0)


class Graph:
    """Reads expressions; ``functions`` are the formulas that are put in their places.

    ``given`` says what stands for a name in the expressions.
    """

    def __init__(
        self, functions: Mapping[str, ast.FunctionDef], given: Mapping[str, str] | None = None
    ) -> None:
        self.functions = functions
        self.values: dict[tuple[str, tuple[int, ...]], Value] = {}
        self.given = {name: self._given(text) for name, text in (given or {}).items()}

    def of(self, expression: str) -> Value:
        return self._value(ast.parse(expression, mode="eval").body, self.given)

    def _value(self, node: ast.expr, names: Mapping[str, Value]) -> Value:
        match node:
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.Call(func=ast.Name(id=name), args=arguments) if name in self.functions:
                return self._call(name, [self._value(a, names) for a in arguments])
            case ast.Call(func=ast.Name(id=name), args=arguments) if name != "R":
                places = ", ".join("{}" for _ in arguments)
                kind = "bits" if name == "to_bits" else "real"
                operation = "bits" if name.endswith("_bits") else name
                return self._operation(f"{name}({places})", arguments, names, operation, kind)
            case ast.BinOp(left=left, op=operator, right=right):
                symbol = _SYMBOLS[type(operator)]
                return self._operation(f"({{}} {symbol} {{}})", [left, right], names, symbol)
            case ast.UnaryOp(operand=operand) if not is_literal(operand):
                return self._operation("(-{})", [operand], names, "-")
            case ast.IfExp(test=ast.Compare() as test, body=body, orelse=orelse):
                symbol = _SYMBOLS[type(test.ops[0])]
                template = f"({{}} if {{}} {symbol} {{}} else {{}})"
                operands = [body, test.left, test.comparators[0], orelse]
                return self._operation(template, operands, names, "if")
            case _:
                return self._given(ast.unparse(node))

    def _call(self, name: str, arguments: Sequence[Value]) -> Value:
        function = self.functions[name]
        names = dict(zip((a.arg for a in function.args.args), arguments, strict=True))
        for line in function.body:
            if isinstance(line, ast.Return) and line.value is not None:
                return self._value(line.value, names)
            assert isinstance(line, ast.Assign), ast.unparse(line)
            names.update(list(self._assigned(line, names)))
        raise AssertionError(f"{name} returns nothing")

    def _assigned(
        self, line: ast.Assign, names: Mapping[str, Value]
    ) -> Iterator[tuple[str, Value]]:
        """``a = x`` and ``a, b = x, y``."""
        (target,) = line.targets
        pairs = [(target, line.value)]
        if isinstance(target, ast.Tuple):
            assert isinstance(line.value, ast.Tuple)
            pairs = list(zip(target.elts, line.value.elts, strict=True))
        for name, value in pairs:
            assert isinstance(name, ast.Name)
            yield name.id, self._value(value, names)

    def _operation(
        self,
        template: str,
        operands: Sequence[ast.expr],
        names: Mapping[str, Value],
        operation: str,
        kind: str | None = None,
    ) -> Value:
        values = [self._value(operand, names) for operand in operands]
        if kind is None:
            kind = "bits" if any(value.kind == "bits" for value in values) else "real"
        return self._found(template, values, operation, kind)

    def _found(self, template: str, operands: Sequence[Value], operation: str, kind: str) -> Value:
        match template, [operand.template for operand in operands]:
            case ("({} * {})" | "({} / {})", [_, "R(1.0)"]) | ("absolute({})", ["R(1.0)"]):
                return operands[0]
            case "({} * {})", ["R(1.0)", _]:
                return operands[1]
            case "fma({}, {}, {})", ["R(1.0)", _, _]:
                return self._found("({} + {})", operands[1:], "+", kind)
            case "fma({}, {}, {})", [_, "R(1.0)", _]:
                return self._found("({} + {})", [operands[0], operands[2]], "+", kind)
            case "fma({}, {}, {})", ["-R(1.0)", _, _]:
                return self._found("({} - {})", [operands[2], operands[1]], "-", kind)
            case "negative({})", ["R(1.0)"]:
                return self._given("-R(1.0)")
            case "negative({})", ["negative({})"]:
                return operands[0].operands[0]
        key = template, tuple(map(id, operands))
        if key not in self.values:
            self.values[key] = Value(template, operands, operation, kind)
        return self.values[key]

    def _given(self, text: str) -> Value:
        return self.values.setdefault((text, ()), Value(text, (), "", "real"))
