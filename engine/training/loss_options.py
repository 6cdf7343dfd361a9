"""Factors and choices of the loss."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LossOptions:
    """Weights of the terms.

    logistic, dice, people_dice, l1, giou, assignment: factors. balance_people: each person
    weighs √pixels in the box terms instead of pixels, and the logistic loss of people with
    fewer than `small_cells` grid cells is raised, at most `small_gain`-fold. quality_floor:
    person probability asked of a pixel whose box is entirely wrong; 1 asks 1 of every person
    pixel.
    at_pixels: judge the person map at every pixel, see `engine.training.person_map`,
    instead of at the cells.
    teacher_person, teacher_box: factors of the terms of a run with a teacher, see
    `engine.training.distil`.
    """

    logistic: float = 6.0
    dice: float = 3.0
    people_dice: float = 6.0
    l1: float = 0.5
    giou: float = 1.0
    assignment: float = 3.0
    balance_people: bool = True
    small_cells: float = 300.0
    small_gain: float = 2.5
    quality_floor: float = 0.6
    at_pixels: bool = True
    teacher_person: float = 3.0
    teacher_box: float = 1.0


PAPER_LOSS = LossOptions(
    logistic=1.0,
    dice=0.0,
    people_dice=0.0,
    l1=1.0,
    giou=0.0,
    assignment=0.0,
    balance_people=False,
    quality_floor=1.0,
    at_pixels=False,
)
