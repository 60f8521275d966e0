"""The service as OpenAPI 3.1: what can be asked, and every status that may come back."""

from typing import Any

from s2s_toolkit import __version__
from s2s_toolkit.serving.bodies import JSON
from s2s_toolkit.serving.service import Service

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
TEXTS: Schema = {"type": "array", "items": {"type": "string"}}

REFUSALS = {
    400: "The body is no JSON.",
    408: "The body came too slowly.",
    413: "The body is too long.",
    415: "The body is not said to be JSON.",
    421: "The service has another name.",
    422: "The request asks what it may not, or a text can't be translated.",
    500: "The model failed.",
    503: "Too many texts wait, or the service is stopping.",
    504: "There was no answer in time.",
}


def description(service: Service) -> Schema:
    """The document for one service: its limits and settings are in the schema of a request."""
    request = service.asking.model.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Translate with {service.name}",
            "version": __version__,
            "description": "Texts of requests that arrive together are translated together.",
        },
        "paths": {
            "/translate": {"post": _translate(service.limits.max_body)},
            "/health": {"get": _health()},
            "/metrics": {"get": _get("What is counted, in Prometheus' text format.", "text/plain", {"type": "string"})},
            "/openapi.json": {"get": _get("This document.", JSON, {"type": "object"})},
            "/": {"get": _get("A page to try it on.", "text/html", {"type": "string"})},
        },
        "components": {
            "schemas": {
                **request.pop("$defs"),
                "TranslationRequest": request,
                "Translation": TRANSLATION,
                "Translations": _object(translations=_list(_ref("Translation"))),
                "Error": _object(error={"type": "string", "description": "What was wrong, in one line."}),
            }
        },
    }


def _translate(max_body: int) -> Schema:
    body = {"required": True, "description": f"{max_body:,} bytes at most.", "content": _json("TranslationRequest")}
    answered = {"description": "A translation of each text, in their order.", "content": _json("Translations")}
    refused = {str(status): {"description": text, "content": _json("Error")} for status, text in REFUSALS.items()}
    for status in ("503", "504"):
        refused[status]["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    summary = "Translate texts."
    return {
        "summary": summary,
        "operationId": "translate",
        "requestBody": body,
        "responses": {"200": answered, **refused},
    }


def _health() -> Schema:
    content = {JSON: {"schema": _object(status={"enum": ["ready", "stopping"]})}}
    answers = {"200": "It answers.", "503": "It is stopping: requests from now on are refused."}
    responses = {status: {"description": text, "content": content} for status, text in answers.items()}
    return {"summary": "Whether the service takes requests.", "responses": responses}


def _get(summary: str, media_type: str, schema: Schema) -> Schema:
    return {
        "summary": summary,
        "responses": {"200": {"description": summary, "content": {media_type: {"schema": schema}}}},
    }


def _json(name: str) -> Schema:
    return {JSON: {"schema": _ref(name)}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


TRANSLATION = _object(
    text={"type": "string"},
    score={"type": "number", "description": "In nats, as the decoding strategy defines it; higher is better."},
    symbols={**TEXTS, "description": 'Of the target; "</s>" last unless it was cut off at max_length.'},
    source_symbols={**TEXTS, "description": 'Of the source, "</s>" last.'},
    token_log_probs=_or_null({**_list(NUMBER), "description": "Of each target symbol."}),
    attention=_or_null({**_list(_list(NUMBER)), "description": "For each target symbol the weights of the source's."}),
    alignment=_or_null(
        {**_list({"type": "integer"}), "description": "For each target symbol a source symbol's number."}
    ),
    alternatives={**_list(_ref("Translation")), "description": "Other results, best first."},
)
