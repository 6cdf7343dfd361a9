"""The parts of the tracker."""
