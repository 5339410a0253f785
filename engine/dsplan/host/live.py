"""The default client: configuration and credentials as kubectl has them, by the official client; transport by aiohttp.

Needs `pip install dsplan[live]`; nothing of it is imported before a client is opened. Of the official client only
configuration and credentials are used, since its models cost 40 MB and cannot send bytes as they are.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DsplanError
from .client import Answer, Stream

if TYPE_CHECKING:
    import aiohttp
    from kubernetes.aio.client.configuration import Configuration

__all__ = ["LiveClient", "NoCluster", "open_client"]

_IN_CLUSTER = "KUBERNETES_SERVICE_HOST"


class NoCluster(DsplanError):
    """No configuration is there, it cannot be read, or the packages of `dsplan[live]` are missing."""


class LiveClient:
    """A `Client` of one cluster. `server` and `context` say which; show them before anything is written."""

    def __init__(self, session: aiohttp.ClientSession, configuration: Configuration, context: str) -> None:
        self._session = session
        self._configuration = configuration
        self.server: str = configuration.host.rstrip("/")
        self.context = context

    async def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes, timeout: float) -> Answer:
        """Send one request, and return its whole answer."""
        from aiohttp import ClientTimeout

        async with self._session.request(
            method,
            self.server + path,
            data=body or None,
            headers=await self._headers(headers),
            timeout=ClientTimeout(total=timeout),
            allow_redirects=False,
            **self._way(),
        ) as answer:
            return answer.status, answer.headers, await answer.read()

    @asynccontextmanager
    async def stream(self, path: str, headers: Mapping[str, str], timeout: float) -> AsyncIterator[Stream]:
        """Send a GET, and return its answer as it arrives."""
        from aiohttp import ClientTimeout

        async with self._session.get(
            self.server + path,
            headers=await self._headers(headers),
            timeout=ClientTimeout(total=timeout, sock_connect=30.0),
            allow_redirects=False,
            **self._way(),
        ) as answer:
            yield answer.status, answer.headers, answer.content.iter_any()

    def _way(self) -> dict[str, Any]:
        """Return how a kubeconfig says that the server is reached: through a proxy, under another name."""
        given = {"proxy": self._configuration.proxy, "server_hostname": self._configuration.tls_server_name}
        return {name: value for name, value in given.items() if value}

    async def _headers(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return headers with the token as it is now; it may have been renewed meanwhile."""
        from .._version import __version__

        found = {"User-Agent": f"dsplan/{__version__}", **given}
        token = await self._configuration.get_api_key_with_prefix("BearerToken", alias="authorization")
        if token:
            found["Authorization"] = token
        return found


@asynccontextmanager
async def open_client(kubeconfig: str | Path | None = None, context: str | None = None) -> AsyncIterator[LiveClient]:
    """Open a client: of a kubeconfig and one of its contexts, else of KUBECONFIG, ~/.kube/config, or of the pod.

    Raises NoCluster where there is none of them, or it cannot be used.
    """
    try:
        import aiohttp
        from kubernetes.aio.client.configuration import Configuration
        from kubernetes.aio.client.rest import RESTClientObject
        from kubernetes.aio.config import refresh_token
    except ImportError as error:
        raise NoCluster(f"{error.name} is not installed: pip install 'dsplan[live]'") from None
    configuration = Configuration()
    loader = await _load(configuration, kubeconfig, context)
    tls = RESTClientObject(configuration).ssl_context
    connector = aiohttp.TCPConnector(ssl=tls, limit=64)
    refreshing = None
    if loader is not None:
        refreshing = asyncio.create_task(refresh_token(loader, configuration), name="dsplan credentials")  # type: ignore[no-untyped-call]
    try:
        async with aiohttp.ClientSession(connector=connector, trust_env=True, read_bufsize=2**20) as session:
            # Else it sends a DELETE or PUT again by itself when a connection breaks, and nobody learns of it.
            session._retry_connection = False
            yield LiveClient(session, configuration, _name_of(loader, context))
    finally:
        if refreshing is not None:
            refreshing.cancel()
            await asyncio.gather(refreshing, return_exceptions=True)


async def _load(configuration: Configuration, kubeconfig: str | Path | None, context: str | None) -> object:
    from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

    given = str(kubeconfig) if kubeconfig else os.environ.get("KUBECONFIG", "")
    usual = Path("~/.kube/config").expanduser()
    try:
        if not given and not context and not usual.exists() and _IN_CLUSTER in os.environ:
            load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            return None
        found: object = await load_kube_config(  # type: ignore[no-untyped-call]
            config_file=given or str(usual), context=context, client_configuration=configuration, persist_config=False
        )
    except (ConfigException, OSError, ValueError, KeyError, TypeError) as error:
        raise NoCluster(f"{given or usual}: {error}") from None
    return found


def _name_of(loader: object, context: str | None) -> str:
    if loader is None:
        return "in-cluster"
    current = getattr(loader, "current_context", None)
    name = current["name"] if current is not None and "name" in current else context
    return str(name or "")
