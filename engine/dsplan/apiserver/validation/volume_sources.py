"""The other volume sources, one check each (V).

Source: core validation (CV:validate*VolumeSource).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...model.quantity import parse_quantity
from ...model.regex import regex
from .findings import Findings
from .formats import dns_label, dns_subdomain, size
from .paths import check_no_backsteps, check_relative_path

__all__ = [
    "check_aws_disk",
    "check_azure_disk",
    "check_cinder",
    "check_csi",
    "check_empty_dir",
    "check_fc",
    "check_flex_volume",
    "check_flocker",
    "check_gce_disk",
    "check_git_repo",
    "check_host_path",
    "check_image",
    "check_iscsi",
    "check_nfs",
    "check_quobyte",
    "check_storage_os",
    "require",
]

Tree = Mapping[str, Any]

_HOST_PATH_TYPES = (
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
)
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_CACHING_MODES = ("None", "ReadOnly", "ReadWrite")
_DISK_KINDS = ("Dedicated", "Managed", "Shared")
_MANAGED_DISK = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB_DISK = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_IQN_FORMATS = {
    "iqn": regex(r"iqn\.[0-9]{4}-[0-9]{2}\.([A-Za-z0-9.-]+)(:[^,;*&$|\t\n\f\r ]+)\Z"),
    "eui": regex(r"^eui.[A-Za-z0-9]{16}\Z"),
    "naa": regex(r"^naa.[A-Za-z0-9]{32}\Z"),
}
_LONGEST_DRIVER = 63


def require(*fields: str) -> Callable[[Tree, str, Findings], None]:
    """Return a check that each of `fields` is set and not empty."""

    def check(source: Tree, path: str, found: Findings) -> None:
        for field in fields:
            if not source.get(field):
                found.required(f"{path}.{field}")

    return check


def _check_range(source: Tree, field: str, path: str, found: Findings) -> None:
    number = source.get(field, 0)
    if not 0 <= number <= 255:
        found.invalid(f"{path}.{field}", number, "must be between 0 and 255, inclusive")


def check_empty_dir(source: Tree, path: str, found: Findings) -> None:
    """A size limit, where set, is not negative; reported as Forbidden."""
    limit = source.get("sizeLimit")
    if limit is not None and parse_quantity(limit) < 0:
        found.forbidden(f"{path}.sizeLimit", "must be greater than or equal to 0")


def check_host_path(source: Tree, path: str, found: Findings) -> None:
    """A path without `..`, absolute or not, and a known type."""
    if not source.get("path"):
        found.required(f"{path}.path")
        return
    check_no_backsteps(source["path"], f"{path}.path", found)
    kind = source.get("type", "")
    if kind not in _HOST_PATH_TYPES:
        found.not_supported(f"{path}.type", kind, _HOST_PATH_TYPES)


def check_git_repo(source: Tree, path: str, found: Findings) -> None:
    """A repository, and a relative directory."""
    require("repository")(source, path, found)
    check_relative_path(source.get("directory", ""), f"{path}.directory", found)


def check_gce_disk(source: Tree, path: str, found: Findings) -> None:
    """A disk, and a partition from 0 to 255."""
    require("pdName")(source, path, found)
    _check_range(source, "partition", path, found)


def check_aws_disk(source: Tree, path: str, found: Findings) -> None:
    """A volume, and a partition from 0 to 255."""
    require("volumeID")(source, path, found)
    _check_range(source, "partition", path, found)


def check_nfs(source: Tree, path: str, found: Findings) -> None:
    """A server and an absolute path."""
    require("server", "path")(source, path, found)
    if not source.get("path", "").startswith("/"):
        found.invalid(f"{path}.path", source.get("path", ""), "must be an absolute path")


def check_iscsi(source: Tree, path: str, found: Findings) -> None:
    """A portal and qualified names; CHAP needs a secret."""
    require("targetPortal")(source, path, found)
    if source.get("iqn"):
        _check_iqn(source["iqn"], f"{path}.iqn", found)
    else:
        found.required(f"{path}.iqn")
    _check_range(source, "lun", path, found)
    if (source.get("chapAuthDiscovery") or source.get("chapAuthSession")) and "secretRef" not in source:
        found.required(f"{path}.secretRef", "must be set for CHAP authentication")
    if "initiatorName" in source:
        _check_iqn(source["initiatorName"], f"{path}.initiatorname", found)


def _check_iqn(name: str, path: str, found: Findings) -> None:
    pattern = _IQN_FORMATS.get(name[:3])
    if pattern is None:
        found.invalid(path, name, "must start with iqn, eui or naa")
    elif pattern.search(name) is None:
        found.invalid(path, name, "must be a valid iSCSI name")


def check_flocker(source: Tree, path: str, found: Findings) -> None:
    """One of datasetName (without slashes) and datasetUUID."""
    name, uuid = source.get("datasetName", ""), source.get("datasetUUID", "")
    if not name and not uuid:
        found.required(path, "must specify one of datasetName and datasetUUID")
    if name and uuid:
        found.invalid(path, "resource", "must not specify both datasetName and datasetUUID")
    if "/" in name:
        found.invalid(f"{path}.datasetName", name, "must not contain '/'")


def check_cinder(source: Tree, path: str, found: Findings) -> None:
    """A volume, and a name in a secretRef."""
    require("volumeID")(source, path, found)
    _check_secret_ref(source, "secretRef", path, found)


def _check_secret_ref(source: Tree, field: str, path: str, found: Findings) -> None:
    if field in source and not source[field].get("name"):
        found.required(f"{path}.{field}.name")


def check_quobyte(source: Tree, path: str, found: Findings) -> None:
    """A registry of host:port pairs, a short tenant and a volume."""
    registry = source.get("registry", "")
    if not registry:
        found.required(f"{path}.registry", "must be a host:port pair or several, separated by commas")
    elif size(source.get("tenant", "")) >= 65:
        found.required(f"{path}.tenant", "must be a UUID of at most 64 characters")
    else:
        for pair in registry.split(","):
            if not _is_host_and_port(pair):
                found.invalid(f"{path}.registry", registry, "must be a host:port pair or several, separated by commas")
    require("volume")(source, path, found)


def _is_host_and_port(text: str) -> bool:
    """Return whether `text` splits into host and port; a host with colons stands in brackets."""
    host, colon, port = text.rpartition(":")
    if not colon or "[" in port or "]" in port:
        return False
    if host.startswith("["):
        return host.endswith("]") and not set("[]") & set(host[1:-1])
    return not set(":[]") & set(host)


def check_fc(source: Tree, path: str, found: Findings) -> None:
    """Either targetWWNs with a lun, or wwids."""
    names, ids = source.get("targetWWNs", ()), source.get("wwids", ())
    if not names and not ids:
        found.required(f"{path}.targetWWNs", "must specify either targetWWNs or wwids")
    if names and ids:
        found.invalid(f"{path}.targetWWNs", list(names), "must not be specified together with wwids")
    if names and source.get("lun") is None:
        found.required(f"{path}.lun", "must be set if targetWWNs is specified")
    elif names:
        _check_range(source, "lun", path, found)


def check_flex_volume(source: Tree, path: str, found: Findings) -> None:
    """A driver; its options stay out of the namespaces of Kubernetes."""
    require("driver")(source, path, found)
    for option in source.get("options", {}):
        namespace = "." + option.partition("/")[0].lower()
        if namespace.endswith((".kubernetes.io", ".k8s.io")):
            found.invalid(f"{path}.options[{option}]", option, "kubernetes.io and k8s.io are reserved")


def check_azure_disk(source: Tree, path: str, found: Findings) -> None:
    """A disk with a URI that suits its kind (default Shared)."""
    require("diskName", "diskURI")(source, path, found)
    mode, kind, uri = source.get("cachingMode", "None"), source.get("kind", "Shared"), source.get("diskURI", "")
    if mode not in _CACHING_MODES:
        found.not_supported(f"{path}.cachingMode", mode, _CACHING_MODES)
    if kind not in _DISK_KINDS:
        found.not_supported(f"{path}.kind", kind, _DISK_KINDS)
    if kind == "Managed":
        if not uri.startswith("/subscriptions/"):
            found.not_supported(f"{path}.diskURI", uri, (_MANAGED_DISK,))
    elif not uri.startswith("https://"):
        found.not_supported(f"{path}.diskURI", uri, (_BLOB_DISK,))


def check_storage_os(source: Tree, path: str, found: Findings) -> None:
    """A volume name and a namespace that are DNS labels, and a name in a secretRef."""
    if not source.get("volumeName"):
        found.required(f"{path}.volumeName")
    for field in ("volumeName", "volumeNamespace"):
        if source.get(field):
            found.invalid_each(f"{path}.{field}", source[field], dns_label(source[field]))
    _check_secret_ref(source, "secretRef", path, found)


def check_csi(source: Tree, path: str, found: Findings) -> None:
    """A driver name, and a secret; the name of the secret is reported under the source."""
    driver = source.get("driver", "")
    if not driver:
        found.required(f"{path}.driver")
    if size(driver) > _LONGEST_DRIVER:
        found.too_long(f"{path}.driver", _LONGEST_DRIVER)
    found.invalid_each(f"{path}.driver", driver, dns_subdomain(driver.lower()) if driver else ())
    _check_secret_ref(source, "nodePublishSecretRef", path, found)
    secret = source.get("nodePublishSecretRef", {}).get("name", "")
    if secret:
        found.invalid_each(f"{path}.name", secret, dns_subdomain(secret))


def check_image(source: Tree, path: str, found: Findings) -> None:
    """A known pull policy. A template may do without a reference; its Pods are refused (`check_volumes`)."""
    policy = source.get("pullPolicy", "")
    if policy and policy not in _PULL_POLICIES:
        found.not_supported(f"{path}.pullPolicy", policy, _PULL_POLICIES)
