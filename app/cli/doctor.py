"""`bbe doctor`: what is installed, what works, and what to do about what does not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from app.cli.console import EXIT_FAILED, print_json, print_table, say, stderr
from app.cli.options import ProviderOption
from app.doctor import Finding, Verdict, examine
from engine.config import Provider

_SIGNS = {Verdict.OK: "ok", Verdict.NOTE: "note", Verdict.PROBLEM: "PROBLEM"}


def doctor(
    provider: ProviderOption = Provider.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Check the installation: versions, provider, models, cameras, display, codecs.

    The exit code is 0 when all is well and 1 when there is a problem. A missing camera,
    display or GPU is no problem.

    Examples:

        bbe doctor

        bbe doctor --provider cuda      say why CUDA does not run, and the fix

        bbe doctor --json > report.json
    """
    with stderr().status("…") as status:
        findings = examine(provider, lambda topic: status.update(f"Looking at {topic} …"))
    problems = [finding for finding in findings if finding.verdict is Verdict.PROBLEM]
    if as_json:
        print_json({"ok": not problems, "findings": [_as_dict(finding) for finding in findings]})
    else:
        _print(findings, problems)
    if problems:
        raise typer.Exit(EXIT_FAILED)


def _print(findings: tuple[Finding, ...], problems: list[Finding]) -> None:
    rows = []
    for number, finding in enumerate(findings):
        repeats = number > 0 and findings[number - 1].topic == finding.topic
        topic = "" if repeats else finding.topic
        rows.append((topic, finding.name, finding.value, _SIGNS[finding.verdict]))
    print_table(("", "", "found", ""), rows)
    for finding in findings:
        if finding.fix:
            say(f"{_SIGNS[finding.verdict]}: {finding.topic}, {finding.name}: {finding.fix}")
    say(f"{len(problems)} problem(s) found." if problems else "All is well.")


def _as_dict(finding: Finding) -> dict[str, str]:
    return {**asdict(finding), "verdict": finding.verdict.value}
