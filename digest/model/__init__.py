"""Every noun of the product, one file each. Frozen values: they decide nothing and touch nothing."""
