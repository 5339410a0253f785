"""Time: repeated passes against a model of kubelets, scheduler and clock (DESIGN section 3)."""
