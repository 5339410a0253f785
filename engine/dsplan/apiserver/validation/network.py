"""DNS, host names and aliases of a pod spec (V).

Source: core validation (CV:validatePodDNSConfig, ValidateHostAliases).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .addresses import broken_ip_rules
from .findings import Findings
from .formats import dns_label, dns_subdomain, lenient_dns_subdomain, size

__all__ = ["check_dns", "check_host_aliases", "check_host_names", "check_hostname_override", "dns_policies"]

Tree = Mapping[str, Any]

dns_policies = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_MOST_NAMESERVERS = 3
_MOST_SEARCHES = 32
_LONGEST_SEARCH_LIST = 2048
_LONGEST_HOSTNAME = 64


def check_dns(spec: Tree, path: str, found: Findings) -> None:
    """dnsConfig; the policy None needs one with a name server."""
    config = spec.get("dnsConfig")
    if spec.get("dnsPolicy") == "None" and not (config or {}).get("nameservers"):
        where = path if config is None else f"{path}.nameservers"
        found.required(where, "must be set when `dnsPolicy` is None")
        return
    if config is None:
        return
    servers = config.get("nameservers", ())
    if len(servers) > _MOST_NAMESERVERS:
        found.invalid(f"{path}.nameservers", list(servers), f"must not have more than {_MOST_NAMESERVERS} entries")
    for index, server in enumerate(servers):
        found.invalid_each(f"{path}.nameservers[{index}]", server, broken_ip_rules(server))
    _check_searches(config.get("searches", ()), f"{path}.searches", found)
    for index, option in enumerate(config.get("options", ())):
        if not option.get("name"):
            found.required(f"{path}.options[{index}]", "must have a name")


def _check_searches(searches: Sequence[str], path: str, found: Findings) -> None:
    if len(searches) > _MOST_SEARCHES:
        found.invalid(path, list(searches), f"must not have more than {_MOST_SEARCHES} entries")
    if size(" ".join(searches)) > _LONGEST_SEARCH_LIST:
        found.invalid(path, list(searches), f"must not be longer than {_LONGEST_SEARCH_LIST} together")
    for index, search in enumerate(searches):
        if search != ".":
            domain = search.removesuffix(".")
            found.invalid_each(f"{path}[{index}]", domain, lenient_dns_subdomain(domain))


def check_host_aliases(aliases: Sequence[Tree], path: str, found: Findings) -> None:
    """An IP address and DNS names each."""
    for index, alias in enumerate(aliases):
        address = alias.get("ip", "")
        found.invalid_each(f"{path}[{index}].ip", address, broken_ip_rules(address))
        for number, name in enumerate(alias.get("hostnames", ())):
            found.invalid_each(f"{path}[{index}].hostnames[{number}]", name, dns_subdomain(name))


def check_host_names(spec: Tree, path: str, found: Findings) -> None:
    """hostname and subdomain are DNS labels."""
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            found.invalid_each(f"{path}.{field}", spec[field], dns_label(spec[field]))


def check_hostname_override(spec: Tree, path: str, found: Findings) -> None:
    """hostnameOverride: a DNS subdomain of at most 64 characters, and not beside what sets the name otherwise."""
    name, where = spec.get("hostnameOverride"), f"{path}.hostnameOverride"
    if name is None:
        return
    if spec.get("setHostnameAsFQDN"):
        found.forbidden(where, "may not be specified when setHostnameAsFQDN is true")
    if spec.get("hostNetwork"):
        found.forbidden(where, "may not be specified when hostNetwork is true")
    if size(name) > _LONGEST_HOSTNAME:
        found.too_long(where, _LONGEST_HOSTNAME)
    found.invalid_each(where, name, dns_subdomain(name))
