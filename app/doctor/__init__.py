"""Examines an installation: what is there, what is wrong, what to do. Imports no PyQt6.

`examine` runs every check; one that fails itself becomes a finding, never an exception.
"""

from app.doctor.examine import examine
from app.doctor.finding import Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]
