"""What watching a call costs, as ratios to a hand-written floor."""
