"""Find, check, render and fingerprint prompt files and overrides."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from jinja2 import DictLoader, StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from core.content import PromptId
from core.errors import Misconfigured
from core.ids import digest

USER_MARK = "=== user ==="
"""The line of a prompt's body that ends the system part."""

_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)
_RULE = re.compile(r"^- \[([a-z][a-z0-9-]*)\] ", re.MULTILINE)
_GUIDE = re.compile(r"^<guide>\n(.*?)^</guide>$", re.MULTILINE | re.DOTALL)
_PARTIALS = "_partials"
# A draft that is changed keeps the no-break spaces of its typography.
_BREAKING = re.compile(r"[^\S\u00a0\u202f]+")
_BRACKETS = str.maketrans("<>", "‹›")
_KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int,),
    "list": (list, tuple),
    "map": (dict,),
}

InputKind = Literal["text", "number", "list", "map", "text?", "number?"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_]+/[a-z_]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelHints(_Strict):
    """What the prompt wants of a model."""

    tier: Literal["router", "writer", "judge"] = "writer"
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_output: int | None = Field(default=None, ge=16)


class FrontMatter(_Strict):
    """The head of a prompt file; an unknown key is an error."""

    id: Name
    version: int = Field(ge=1)
    description: str
    inputs: dict[str, InputKind]
    output: str
    model: ModelHints = ModelHints()
    changelog: dict[int, str]


@dataclass(frozen=True)
class Rendered:
    """A prompt with its inputs filled in."""

    id: PromptId
    system: str
    user: str

    @property
    def instructions(self) -> str:
        """What is said to the model alone: the system part, and the guide among the material."""
        return "\n".join([self.system, *_GUIDE.findall(self.user)])


@dataclass(frozen=True)
class Prompt:
    """One version of a prompt: front matter, body, and the partials that the body includes."""

    front: FrontMatter
    body: str
    partials: Mapping[str, str]

    @cached_property
    def id(self) -> PromptId:
        """`copywriter/post@1` and the digest of everything that a model could see of it."""
        # The changelog's numbers become text: canonical JSON has text keys only.
        front = json.loads(self.front.model_dump_json())
        seen = {"front": front, "body": self.body, "partials": dict(self.partials)}
        return PromptId(name=f"{self.front.id}@{self.front.version}", digest=digest(seen))

    @property
    def inputs(self) -> Mapping[str, InputKind]:
        """The inputs by name; a `?` marks one that may be None."""
        return self.front.inputs

    @cached_property
    def rules(self) -> list[str]:
        """The ids of its rules: its own, then those of its partials."""
        found = [rule for text in (self.body, *self.partials.values()) for rule in _RULE.findall(text)]
        return list(dict.fromkeys(found))

    def without_rule(self, rule: str) -> Prompt:
        """The same prompt with the line of one rule taken out."""
        if rule not in self.rules:
            raise ValueError(f"{self.id.name} has no rule {rule!r}; it has {', '.join(self.rules)}")
        line = re.compile(rf"^- \[{re.escape(rule)}\] .*\n", re.MULTILINE)
        partials = {name: line.sub("", text) for name, text in self.partials.items()}
        return replace(self, body=line.sub("", self.body), partials=partials)

    def render(self, inputs: Mapping[str, Any]) -> Rendered:
        """Fill in the inputs; every value is flattened so that it cannot open or close a section."""
        self._check(inputs)
        try:
            text = self._template.render(**inputs)
        except TemplateError as error:
            raise ValueError(f"{self.id.name} cannot be rendered: {error}") from error
        system, user = text.split(f"\n{USER_MARK}\n")
        return Rendered(id=self.id, system=system.strip(), user=user.strip())

    @cached_property
    def _template(self) -> Template:
        # Compiling takes longer than everything else between a request and its first word.
        return _environment(self.partials).from_string(self.body)

    def _check(self, inputs: Mapping[str, Any]) -> None:
        missing = self.inputs.keys() - inputs.keys()
        unknown = inputs.keys() - self.inputs.keys()
        if missing or unknown:
            raise ValueError(f"{self.id.name}: missing inputs {sorted(missing)}, unknown {sorted(unknown)}")
        for name, kind in self.inputs.items():
            value = inputs[name]
            if value is None and kind.endswith("?"):
                continue
            if not isinstance(value, _KINDS[kind.rstrip("?")]):
                raise TypeError(f"{self.id.name}: input {name} must be {kind}, not {type(value).__name__}")


class PromptLibrary:
    """The active version of every prompt.

    `overrides` are whole prompt files by name that take the place of the released version.
    """

    def __init__(self, root: Path | None = None, overrides: Mapping[str, str] | None = None) -> None:
        folder = root or Path(__file__).parent
        partials = {
            f"{_PARTIALS}/{path.name}": path.read_text(encoding="utf-8")
            for path in sorted((folder / _PARTIALS).glob("*.md"))
        }
        prompts = {}
        for name, version in _active(folder / "active.yaml").items():
            path = folder / f"{name}@{version}.md"
            if not path.is_file():
                raise Misconfigured(f"prompts/active.yaml names {name}@{version}, which does not exist.")
            prompts[name] = parse(path.read_text(encoding="utf-8"), partials, expected=f"{name}@{version}")
        for name, source in (overrides or {}).items():
            prompts[name] = parse(source, partials, expected=name)
        self._prompts: Mapping[str, Prompt] = prompts

    def names(self) -> list[str]:
        """Every prompt's name, sorted."""
        return sorted(self._prompts)

    def get(self, name: str) -> Prompt:
        """The active version of a prompt."""
        if name not in self._prompts:
            raise ValueError(f"there is no prompt {name!r}; there are {', '.join(self.names())}")
        return self._prompts[name]

    def render(self, name: str, inputs: Mapping[str, Any]) -> Rendered:
        """The active version of a prompt with its inputs filled in."""
        return self.get(name).render(inputs)

    def rules(self, name: str) -> list[str]:
        """The ids of a prompt's rules."""
        return self.get(name).rules

    def without_rule(self, name: str, rule: str) -> PromptLibrary:
        """A library whose prompt `name` lacks one rule; everything else is the same."""
        changed = PromptLibrary.__new__(PromptLibrary)
        changed._prompts = {**self._prompts, name: self.get(name).without_rule(rule)}
        return changed


def released(root: Path | None = None) -> dict[str, str]:
    """The digest of every released prompt file, active or not, by `name@version`."""
    folder = root or Path(__file__).parent
    partials = {
        f"{_PARTIALS}/{path.name}": path.read_text(encoding="utf-8")
        for path in (folder / _PARTIALS).glob("*.md")
    }
    files = [path for path in sorted(folder.glob("*/*.md")) if path.parent.name != _PARTIALS]
    prompts = [
        parse(path.read_text(encoding="utf-8"), partials, expected=f"{path.parent.name}/{path.stem}")
        for path in files
    ]
    return {prompt.id.name: prompt.id.digest for prompt in prompts}


def parse(source: str, partials: Mapping[str, str], *, expected: str) -> Prompt:
    """Read one prompt file; `expected` is the name it must carry, with or without `@version`."""
    split = _FRONT.match(source.replace("\r\n", "\n"))
    if split is None:
        raise Misconfigured(f"The prompt {expected} has no front matter between two lines of ---.")
    try:
        front = FrontMatter.model_validate(yaml.safe_load(split[1]))
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"The front matter of prompt {expected} is not right: {error}") from error
    if expected not in {front.id, f"{front.id}@{front.version}"}:
        raise Misconfigured(f"The prompt {expected} calls itself {front.id}@{front.version}.")
    if front.version not in front.changelog:
        raise Misconfigured(f"The changelog of prompt {expected} says nothing about version {front.version}.")
    body = split[2]
    if body.count(f"\n{USER_MARK}\n") != 1:
        raise Misconfigured(f"The prompt {expected} needs exactly one line {USER_MARK!r}.")
    used = _included(body, partials, expected)
    prompt = Prompt(front=front, body=body, partials={name: partials[name] for name in used})
    _check_variables(prompt, expected)
    return prompt


def _active(path: Path) -> dict[str, int]:
    try:
        chosen = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise Misconfigured(f"prompts/active.yaml cannot be read: {error}") from error
    if not isinstance(chosen, dict) or not all(isinstance(version, int) for version in chosen.values()):
        raise Misconfigured("prompts/active.yaml must give one version number per prompt.")
    return {str(name): version for name, version in chosen.items()}


def _included(body: str, partials: Mapping[str, str], expected: str) -> list[str]:
    """Every partial that the body includes, directly or not."""
    found: dict[str, None] = {}
    pending = [body]
    while pending:
        try:
            tree = _environment(partials).parse(pending.pop())
        except TemplateError as error:
            raise Misconfigured(f"The prompt {expected} is not a valid template: {error}") from error
        for name in meta.find_referenced_templates(tree):
            if name is None or name not in partials:
                raise Misconfigured(f"The prompt {expected} includes {name!r}, which does not exist.")
            if name not in found:
                found[name] = None
                pending.append(partials[name])
    return sorted(found)


def _check_variables(prompt: Prompt, expected: str) -> None:
    environment = _environment(prompt.partials)
    used: set[str] = set()
    for text in (prompt.body, *prompt.partials.values()):
        used |= meta.find_undeclared_variables(environment.parse(text))
    if used != set(prompt.inputs):
        differing = ", ".join(sorted(used ^ set(prompt.inputs)))
        raise Misconfigured(f"The prompt {expected} uses and declares different inputs: {differing}.")


def _environment(partials: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=DictLoader(dict(partials)),
        undefined=StrictUndefined,
        finalize=flat,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Each element is made safe where it is printed, so a joined list stays on its line.
    environment.filters["listed"] = _listed
    return environment


def _listed(items: Iterable[object]) -> str:
    return "; ".join(flat(item) for item in items)


def flat(value: object) -> str:
    """A value on one line that contains no section mark: runs of breaking whitespace become one blank."""
    text = str(value).translate(_BRACKETS)
    visible = "".join(char for char in text if char.isspace() or unicodedata.category(char) != "Cc")
    return _BREAKING.sub(" ", visible).strip()
