"""The description says what the routes do."""

import dataclasses

import pytest
from starlette.routing import Route

from s2s_toolkit.serving.app import routes
from s2s_toolkit.serving.openapi import description
from s2s_toolkit.translation import Translation


@pytest.fixture
def document(make_service):
    return description(make_service(max_texts=7, max_characters=11))


def test_every_route_is_described_and_nothing_else(document, make_service):
    found = {
        (r.path, method) for r in routes(make_service()) if isinstance(r, Route) for method in r.methods - {"HEAD"}
    }
    assert found == {(path, name.upper()) for path, methods in document["paths"].items() for name in methods}


def test_every_reference_leads_somewhere(document):
    names = {each.removeprefix("#/components/schemas/") for each in references(document)}
    assert names == document["components"]["schemas"].keys()


def references(node):
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def test_limits_and_settings_are_in_the_schema_of_a_request(document):
    schemas = document["components"]["schemas"]
    texts = schemas["TranslationRequest"]["properties"]["texts"]
    assert (texts["maxItems"], texts["items"]["maxLength"]) == (7, 11)
    settings = schemas["Settings"]["properties"]
    assert {name: field["default"] for name, field in settings.items()} == {"times": 1, "max_length": 50, "warmth": 1.0}
    assert settings["max_length"]["maximum"] == 50
    assert schemas["TranslationRequest"]["additionalProperties"] is False


def test_a_translation_has_what_its_schema_says(document, expected):
    schema = document["components"]["schemas"]["Translation"]
    assert schema["required"] == [*schema["properties"]] == [*expected("ab")]
    assert {field.name for field in dataclasses.fields(Translation)} == schema["properties"].keys()


@pytest.mark.parametrize(
    ("path", "body", "limits"),
    [
        ("/translate", {"texts": ["a"]}, {}),
        ("/translate", {"texts": ["a!"]}, {}),
        ("/translate", {"texts": ["a?"]}, {}),
        ("/translate", {"texts": ["a"]}, {"max_body": 3}),
        ("/health", None, {}),
        ("/metrics", None, {}),
        ("/openapi.json", None, {}),
        ("/", None, {}),
    ],
)
def test_an_answer_has_a_status_and_a_type_that_are_described(ask, document, path, body, limits):
    client = ask(**limits)
    answer = client.post(path, json=body) if body else client.get(path)
    responses = document["paths"][path]["post" if body else "get"]["responses"]
    assert answer.headers["content-type"].partition(";")[0] in responses[str(answer.status_code)]["content"]


def test_it_is_served(ask, make_service):
    assert ask().get("/openapi.json").json() == description(make_service())
