"""Reading and changing an ONNX graph by what follows what."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import onnx
from onnx import numpy_helper
from onnxruntime.quantization.onnx_model import ONNXModel

from engine.errors import ModelContract


class Graph:
    """A model that is changed in place; nodes may be in any order until `sort`."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._model = ONNXModel(model)
        self._graph = model.graph

    def after(self, name: str, operator: str) -> onnx.NodeProto:
        """The only node of that kind that reads the tensor. Raises `ModelContract`."""
        found = [n for n in self._graph.node if name in n.input and n.op_type == operator]
        if len(found) != 1:
            raise ModelContract(
                f"{len(found)} nodes {operator} read {name}, not one.",
                "Export the model with this version of the program.",
            )
        return found[0]

    def maker(self, name: str) -> onnx.NodeProto:
        """The node that computes the tensor. Raises `ModelContract`."""
        found = [n for n in self._graph.node if name in n.output]
        if not found:
            raise ModelContract(
                f"No node computes {name}.", "Export the model with this version of the program."
            )
        return found[0]

    def values(self, name: str) -> npt.NDArray[Any]:
        """A constant tensor, whether it is an initializer or a node."""
        for initializer in self._graph.initializer:
            if initializer.name == name:
                return numpy_helper.to_array(initializer)
        return numpy_helper.to_array(self.maker(name).attribute[0].t)

    def set(self, name: str, values: npt.NDArray[Any]) -> None:
        """Give an initializer other values."""
        for initializer in self._graph.initializer:
            if initializer.name == name:
                initializer.CopyFrom(numpy_helper.from_array(values, name))

    def add(self, name: str, values: npt.NDArray[Any]) -> str:
        """A new initializer; returns its name."""
        self._graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    def redirect(self, name: str, other: str) -> None:
        """Whatever reads the tensor reads the other one instead."""
        self._model.replace_input_of_all_nodes(name, other)

    def remove(self, *nodes: onnx.NodeProto) -> None:
        """Take nodes out; whoever reads them must have been redirected."""
        self._model.remove_nodes(nodes)

    def extend(self, *nodes: onnx.NodeProto) -> None:
        """Add nodes."""
        self._graph.node.extend(nodes)

    def sort(self) -> None:
        """Put the nodes in an order in which each comes after what it reads, and drop
        initializers that nobody reads and what was known of tensors that are gone."""
        del self._graph.value_info[:]
        self._model.remove_unused_constant()
        self._model.topological_sort()
