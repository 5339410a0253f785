"""The stand-in itself: from a request to its answer or its watch, over one store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from ...model.meta import RawTree
from .access import Access, Asked
from .discovery import discover
from .eviction import evict
from .faults import Faults
from .kinds import KINDS, Kind, kind_named
from .listing import list_objects, newer_than_now
from .store import Item, Store
from .watching import Watch
from .wire import Answer, Refusal, Request, json_answer, not_found, not_supported, status, text_answer
from .writing import Writer

__all__ = ["ApiServer", "Route"]

_METHODS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ELSEWHERE = ("autoscaling", "batch", "extensions")
_CORE_ELSEWHERE = ("watch", "services", "secrets", "serviceaccounts", "endpoints", "persistentvolumes", "limitranges")
_REPRESENTATIONS = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_NO_RESOURCE = "the server could not find the requested resource"
_NOT_ALLOWED = "the server does not allow this method on the requested resource"


class Route(msgspec.Struct, frozen=True):
    """Where a request goes."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


class ApiServer:
    """Answers requests as a kube-apiserver v1.36.2 does, for the verbs and kinds that dsplan sends; 501 for all else.

    `refused` are the requests that got 501: a test that finds any must fail. `lacks` are kinds that this cluster does
    not have. Thread-safe: `lock` guards the store, and is notified of every change.

    >>> server = ApiServer()
    >>> server.add({"kind": "Node", "metadata": {"name": "n1"}}).tree["metadata"]["resourceVersion"]
    '3'
    >>> answer = server.answer(Request.of("GET", "/api/v1/nodes/n2", {}))
    >>> isinstance(answer, Answer) and answer.status
    404
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lacks: Iterable[str] = (),
        version: str = "v1.36.2",
        old_etcd: bool = False,
    ) -> None:
        self.now = now
        self.version = version
        self.old_etcd = old_etcd
        self.lacks = frozenset(lacks)
        self.store = Store()
        self.writer = Writer(self.store, now)
        self.access = Access()
        self.faults = Faults()
        self.lock = threading.Condition(threading.RLock())
        self.refused: list[str] = []
        self.seen: list[tuple[str, str]] = []
        self.add({"kind": "Namespace", "metadata": {"name": "default"}})

    @property
    def kinds(self) -> list[Kind]:
        """The kinds that this cluster has."""
        return [kind for kind in KINDS if kind.kind not in self.lacks]

    def add(self, tree: RawTree) -> Item:
        """Put an object there, as somebody else would: new, or in place of the one of its name; nothing is checked."""
        kind = kind_named(tree["kind"])
        metadata = {**tree["metadata"]}
        if kind.namespaced:
            metadata.setdefault("namespace", "default")
        namespace = metadata.get("namespace", "")
        with self.lock:
            if namespace and self.store.get(kind_named("Namespace"), "", namespace) is None:
                self.add({"kind": "Namespace", "metadata": {"name": namespace}})
            known = self.store.get(kind, namespace, metadata["name"])
            if known is not None:
                metadata = {**known.tree["metadata"], **metadata}
            item = self.writer.add(kind, {**tree, "metadata": metadata})
            self.lock.notify_all()
            return item

    def remove(self, kind: str, namespace: str, name: str) -> None:
        """Take an object away at once, as somebody else would."""
        with self.lock:
            self.store.remove(kind_named(kind), namespace, name)
            self.lock.notify_all()

    def get(self, kind: str, namespace: str, name: str) -> RawTree | None:
        """Return an object as it is stored, None where there is none."""
        item = self.store.get(kind_named(kind), namespace, name)
        return None if item is None else item.tree

    def list(self, kind: str, namespace: str = "") -> list[RawTree]:
        """Return all objects of a kind, by namespace and name."""
        with self.lock:
            return [item.tree for item in self.store.items(kind_named(kind), namespace)]

    def answer(self, request: Request) -> Answer | Watch:
        """Answer one request; for a watch return it open."""
        with self.lock:
            before = self.store.version
            self.seen.append((request.method, request.path))
            try:
                found = self._answer(request)
            except Refusal as refusal:
                found = refusal.answer
                if found.status == 501:
                    self.refused.append(f"{request.method} {request.path}")
            if self.store.version != before:
                self.lock.notify_all()
            return found

    def answer_late(self, request: Request, behind: int) -> Answer | Watch:
        """Answer a list as a replica would that lags so many versions behind; all else as usual."""
        route = _route(request.path)
        if route is None or _verb(request, route) != "list" or request.query.get("continue"):
            return self.answer(request)
        version = max(self.store.compacted, self.store.version - behind, 1)
        query = {**request.query, "resourceVersion": str(version), "resourceVersionMatch": "Exact"}
        return self.answer(msgspec.structs.replace(request, query=query))

    def _answer(self, request: Request) -> Answer | Watch:
        user = self.access.user_of(request)
        if request.path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" and request.method == "POST":
            return self.access.review(user, request)
        route = _route(request.path)
        if route is None:
            self.access.check_path(user, request.path)
            found = discover(request, self.kinds, self.version) if request.method == "GET" else None
            return text_answer("404 page not found\n", 404) if found is None else found
        verb = _verb(request, route)
        asked = Asked(verb, route.group, route.plural, route.namespace, route.name, route.subresource)
        self.access.check(user, asked)
        members = [kind for kind in self.kinds if (kind.group, kind.version) == (route.group, route.version)]
        elsewhere = route.group in _ELSEWHERE or (not members and route.group.endswith(".k8s.io"))
        if elsewhere or (not route.group and route.plural in _CORE_ELSEWHERE):
            raise not_supported(f"{route.group}/{route.plural}")
        if not members:
            return text_answer("404 page not found\n", 404)
        kind = next((kind for kind in members if kind.plural == route.plural), None)
        if kind is None:
            raise Refusal(json_answer(status(404, "NotFound", _NO_RESOURCE, {}), 404))
        return self._of_kind(kind, verb, route, request)

    def _of_kind(self, kind: Kind, verb: str, route: Route, request: Request) -> Answer | Watch:
        _check_supported(kind, verb, route, request)
        if verb == "watch":
            return Watch(self.store, kind, route.namespace, request, self.now(), old_etcd=self.old_etcd)
        if verb == "list":
            return list_objects(self.store, kind, route.namespace, request)
        if verb == "get":
            return self._get(kind, route, request)
        if route.subresource == "eviction":
            place = route.namespace, route.name
            return evict(self.store, self.writer, kind, place, request, self.now())
        if verb == "create":
            if kind.namespaced and self.store.get(kind_named("Namespace"), "", route.namespace) is None:
                raise not_found(kind_named("Namespace"), route.namespace)
            return self.writer.create(kind, route.namespace, request)
        if verb == "delete":
            return self.writer.delete(kind, route.namespace, route.name, request)
        write = self.writer.update if verb == "update" else self.writer.patch
        return write(kind, route.namespace, route.name, request, route.subresource)

    def _get(self, kind: Kind, route: Route, request: Request) -> Answer:
        version = int(request.query.get("resourceVersion") or 0)
        if version > self.store.version:
            raise newer_than_now(self.store, version)
        item = self.store.get(kind, route.namespace, route.name)
        if item is None:
            raise not_found(kind, route.name)
        return json_answer(item.encoded)


def _route(path: str) -> Route | None:
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) > 2:
        group, version, rest = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) > 3:
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    if rest[0] == "namespaces" and len(rest) > 2:
        names = [*rest[2:], "", ""]
        return Route(group, version, names[0], rest[1], names[1], names[2])
    names = [*rest, "", ""]
    return Route(group, version, names[0], "", names[1], names[2])


def _verb(request: Request, route: Route) -> str:
    if request.method == "GET":
        if route.name:
            return "get"
        return "watch" if request.query.get("watch") in ("1", "true") else "list"
    verb = _METHODS.get(request.method, request.method.lower())
    return "deletecollection" if verb == "delete" and not route.name else verb


def _check_supported(kind: Kind, verb: str, route: Route, request: Request) -> None:
    if route.subresource and route.subresource not in kind.subresources:
        raise not_supported(f"subresource {route.subresource} of {kind.kind}")
    creates = verb == "create" and (not route.name or route.subresource == "eviction")
    if (verb in ("update", "patch") and not route.name) or (verb == "create" and not creates):
        raise Refusal(json_answer(status(405, "MethodNotAllowed", _NOT_ALLOWED, {}), 405))
    if verb not in kind.verbs and route.subresource != "eviction":
        raise not_supported(f"{verb} of {kind.kind}")
    for option in ("dryRun", "fieldValidation"):
        if request.query.get(option):
            raise not_supported(option)
    accept = request.headers.get("accept", "*/*")
    plain = [
        part for part in accept.split(",") if part.split(";")[0].strip() in ("application/json", "*/*", "application/*")
    ]
    if all(";as=" in part.replace(" ", "") for part in plain) and plain:
        raise not_supported(f"Accept: {accept}")
    if not plain:
        message = f"406: Not Acceptable\n\nAvailable representations: {_REPRESENTATIONS}"
        raise Refusal(json_answer(status(406, "NotAcceptable", message, {}), 406))
