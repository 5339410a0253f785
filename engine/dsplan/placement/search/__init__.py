"""The best placement there is: components of coupled decisions, each searched, with bound and causes."""
