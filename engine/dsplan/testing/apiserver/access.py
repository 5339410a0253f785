"""Who asks, and what they may: bearer tokens, refusals by RBAC, SelfSubjectAccessReview."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ...model.meta import RawTree
from .wire import Answer, Refusal, Request, forbidden, json_answer, status

__all__ = ["Access", "Asked"]

_OPEN = ("/version", "/healthz", "/livez", "/readyz")
_ONE_OF = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


class Asked(msgspec.Struct, frozen=True):
    """What a request asks to do, in the words of RBAC."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""


Rule = Callable[[Asked], bool]


class Access:
    """Users by token, and what each may do. Without tokens everybody may do everything.

    >>> access = Access()
    >>> access.grant("secret", "reader", lambda asked: asked.verb == "list")
    >>> access.user_of(Request("GET", "/", headers={"authorization": "Bearer secret"}))
    'reader'
    """

    def __init__(self) -> None:
        self._users: dict[str, str] = {}
        self._rules: dict[str, Rule] = {}

    def grant(self, token: str, user: str, rule: Rule) -> None:
        """Let a user with a token do what a rule allows; from now on others need a token, too."""
        self._users[token] = user
        self._rules[user] = rule

    def user_of(self, request: Request) -> str:
        """Return who asks. Raises Refusal (401) for a token that nobody has."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self._users:
            return "system:anonymous"
        if token not in self._users:
            raise Refusal(json_answer(status(401, "Unauthorized", "Unauthorized"), 401))
        return self._users[token]

    def may(self, user: str, asked: Asked) -> bool:
        """Return whether a user may do something."""
        rule = self._rules.get(user)
        return not self._rules or (rule is not None and rule(asked))

    def check(self, user: str, asked: Asked) -> None:
        """Raise Refusal (403) for what a user may not do."""
        if self.may(user, asked):
            return
        what = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
        where = f'in the namespace "{asked.namespace}"' if asked.namespace else "at the cluster scope"
        title = f"{asked.resource}.{asked.group}" if asked.group else asked.resource
        name = f' "{asked.name}"' if asked.name else ""
        message = (
            f'{title}{name} is forbidden: User "{user}" cannot {asked.verb} resource "{what}" '
            f'in API group "{asked.group}" {where}'
        )
        details: RawTree = {"name": asked.name} if asked.name else {}
        details |= {"group": asked.group} if asked.group else {}
        raise forbidden(message, {**details, "kind": asked.resource})

    def check_path(self, user: str, path: str) -> None:
        """Raise Refusal (403) for a path that is no resource and not open to everybody."""
        if self._rules and user == "system:anonymous" and path not in _OPEN:
            raise forbidden(f'forbidden: User "{user}" cannot get path "{path}"', {})

    def review(self, user: str, request: Request) -> Answer:
        """Answer a SelfSubjectAccessReview. Raises Refusal (422)."""
        tree = msgspec.json.decode(request.body)
        spec = tree.get("spec") or {}
        wanted = spec.get("resourceAttributes")
        if wanted is None and spec.get("nonResourceAttributes") is None:
            field, cause = "spec.resourceAttributes", f"Invalid value: null: {_ONE_OF}"
            details = {
                "group": "authorization.k8s.io",
                "causes": [{"reason": "FieldValueInvalid", "message": cause, "field": field}],
            }
            message = f'.authorization.k8s.io "" is invalid: {field}: {cause}'
            raise Refusal(json_answer(status(422, "Invalid", message, details), 422))
        fields = ("verb", "group", "resource", "namespace", "name", "subresource")
        allowed = wanted is None or self.may(user, Asked(*((wanted.get(field) or "") for field in fields)))
        return json_answer({**tree, "status": {"allowed": allowed}}, 201)
