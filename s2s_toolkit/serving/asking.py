"""What a request may ask: its body is checked against a model that also is its schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, ValidationError, create_model

from s2s_toolkit.serving.limits import Limits
from s2s_toolkit.serving.refusals import RefusedError
from s2s_toolkit.validation import explain

STRICT = ConfigDict(extra="forbid", strict=True, protected_namespaces=(), allow_inf_nan=False)
LEAST_INTEGER, GREATEST_INTEGER = -(2**63), 2**63 - 1


@dataclass(frozen=True)
class Asked:
    """A request that can be queued.

    Attributes:
        texts: What to translate.
        prefixes: One for each, or none at all.
        settings: What the request varies.
        attention: Whether the answer holds the weights.
    """

    texts: list[str]
    prefixes: list[str]
    settings: Mapping[str, int | float]
    attention: bool


class Asking:
    """The shape of a request.

    Args:
        limits: Of texts and of their lengths.
        settings: Name -> what is in force of each setting that a request may vary; int or float says the type. Of
            `max_length` it is the greatest value as well, since it bounds how long a translation takes.

    Attributes:
        model: The shape, for its JSON schema.
    """

    def __init__(self, limits: Limits, settings: Mapping[str, int | float]) -> None:
        text = Annotated[str, Field(max_length=limits.max_characters)]
        texts = Annotated[list[text], Field(max_length=limits.max_texts), FailFast()]
        variable = create_model("Settings", __config__=STRICT, **_types(settings))
        self.settings = settings
        self.model: type[BaseModel] = create_model(
            "TranslationRequest",
            __config__=STRICT,
            texts=(texts, Field(description="What to translate.")),
            prefixes=(
                texts,
                Field(default=[], description="What each target begins with; none, or one for each text."),
            ),
            settings=(variable, Field(default_factory=variable, description="What of the model this request varies.")),
            attention=(bool, Field(default=False, description="Whether to give the weights of each source symbol.")),
        )

    def read(self, body: bytes) -> Asked:
        """The request in a body; RefusedError 400 if that is no JSON, 422 if it asks what it may not."""
        try:
            given: Any = self.model.model_validate_json(body)
        except ValidationError as error:
            raise self._refused(error) from error
        asked = Asked(given.texts, given.prefixes, given.settings.model_dump(exclude_unset=True), given.attention)
        if len(asked.prefixes) not in (0, len(asked.texts)):
            counts = f"{len(asked.prefixes)} prefixes for {len(asked.texts)} texts"
            raise RefusedError(422, f"given {counts}; give one for each, or none at all")
        return asked

    def _refused(self, error: ValidationError) -> RefusedError:
        first = error.errors(include_url=False)[0]
        if first["type"] == "json_invalid":
            return RefusedError(400, f"the body is no JSON in UTF-8: {first['msg'].removeprefix('Invalid JSON: ')}")
        if not first["loc"]:
            return RefusedError(422, f"the body has to be an object with texts, given {first['input']!r}")
        if first["loc"][0] == "settings" and not self.settings:
            return RefusedError(
                422, "this model takes no settings with a request; leave them out, or serve an exported file"
            )
        return RefusedError(422, explain(error, {"": self.model.model_fields, "settings": self.settings}))


def _types(settings: Mapping[str, int | float]) -> dict[str, Any]:
    """Name -> type and default of each setting; lengths have the bounds that they can have at all."""
    longest = settings.get("max_length", GREATEST_INTEGER)
    bounds = {"max_length": (1, longest), "min_length": (0, longest)}
    fields = dict[str, Any]()
    for name, value in settings.items():
        least, greatest = bounds.get(name, (LEAST_INTEGER, GREATEST_INTEGER))
        kind = float if isinstance(value, float) else Annotated[int, Field(ge=least, le=greatest)]
        fields[name] = (kind, value)
    return fields
