"""What the real scheduler will do: its queue, its filters, preemption (P1-P4), as a prediction."""
