"""Command line from a run to model files.

    python -m engine.training.publish runs/a bbe-mnv2.onnx --half \\
        --int8 bbe-mnv2-int8.onnx --people ../shared/data/people
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from engine.errors import ConfigError, EngineError
from engine.training.export import ExportOptions, export_checkpoint
from engine.training.quantize import QuantizeOptions, quantize_model

app = typer.Typer(add_completion=False)


@app.command()
def publish(
    run: Annotated[Path, typer.Argument(help="Folder of a run, or one checkpoint in it.")],
    target: Annotated[Path, typer.Argument(help="The .onnx file to write.")],
    name: Annotated[str, typer.Option(help="Name in the file.")] = "",
    half: Annotated[bool, typer.Option(help="Store the weights as float16.")] = False,
    output_stride: Annotated[int | None, typer.Option(help="8 or 16; as trained.")] = None,
    input_long_side: Annotated[int | None, typer.Option(help="Pixels, 16·k + 1.")] = None,
    ema: Annotated[bool, typer.Option(help="Take the mean of the weights.")] = True,
    mean_with: Annotated[
        list[Path], typer.Option(help="Exported .onnx to average the weights with; repeatable.")
    ] = [],  # noqa: B006 - typer copies it
    int8: Annotated[Path | None, typer.Option(help="Also write an 8-bit form here.")] = None,
    data: Annotated[
        Path | None, typer.Option("--data", "--people", "--coco", help="Photos for --int8.")
    ] = None,
    photos: Annotated[int, typer.Option(help="How many photos --int8 measures on.")] = 64,
) -> None:
    """Write a run's model as ONNX, compared with PyTorch, and on request as 8 bit."""
    options = ExportOptions(
        name=name or target.stem,
        input_long_side=input_long_side,
        output_stride=output_stride,
        half=half,
        use_ema=ema,
        mean_with=tuple(mean_with),
    )
    try:
        if int8 is not None and data is None:
            raise ConfigError("No photos to measure on.", "Name their folder with --people.")
        export_checkpoint(run, target, options)
        if int8 is not None and data is not None:
            quantize_model(target, int8, data, QuantizeOptions(photos))
    except EngineError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    app()
