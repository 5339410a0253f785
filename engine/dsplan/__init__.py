"""dsplan: `terraform plan` for Kubernetes DaemonSets."""
