"""The rendered firewall in a kernel: network namespaces instead of machines."""
