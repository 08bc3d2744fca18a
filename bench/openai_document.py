"""Cuts OpenAI's OpenAPI document to the endpoints that Carve serves.

    python3 bench/openai_document.py openapi.json LICENSE > app/src/test/resources/openai/openapi.json

The input is openapi.json of https://github.com/openai/openai-openapi, with the licence beside it. The output keeps the schemas
that the endpoints reach, without descriptions and examples. It differs from the input where that contradicts itself or the
service that it describes; each difference is listed in DIFFERENCES and in the output's info.
"""

import json
import sys

ENDPOINTS = {
    "/models": "get",
    "/models/{model}": "get",
    "/chat/completions": "post",
    "/completions": "post",
}
# Words for readers and code generators, which say nothing of validity.
ANNOTATIONS = {"description", "summary", "title", "example", "examples", "externalDocs", "default", "deprecated",
               "discriminator", "tags"}
DIFFERENCES = [
    "nullable, a keyword of OpenAPI 3.0, is written as anyOf with the type null, since the document says it is OpenAPI 3.1.",
    "Every endpoint has a default response, ErrorResponse.",
    "token_logprobs and top_logprobs of completions may have null for the first token of a prompt, as the service has it.",
    "Streamed completions have a schema: that of whole ones, with a finish_reason that is null until the end.",
]


def without_annotations(node, of_properties=False):
    """Returns a copy without annotations; the keys of `properties` are names of fields and stay."""
    if isinstance(node, list):
        return [without_annotations(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {
        key: without_annotations(value, key == "properties" and not of_properties)
        for key, value in node.items()
        if of_properties or not (key in ANNOTATIONS or key.startswith("x-"))
    }
    if not of_properties and copy.pop("nullable", False):
        return {"anyOf": [copy, {"type": "null"}]}
    return copy


def references(node):
    """Yields what is referred to."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from [value] if key == "$ref" else references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def nullable(schema):
    return {"anyOf": [schema, {"type": "null"}]}


def main():
    document = json.load(open(sys.argv[1], encoding="utf-8"))
    licence = open(sys.argv[2], encoding="utf-8").read()
    paths = {}
    for path, method in ENDPOINTS.items():
        operation = without_annotations(document["paths"][path][method])
        operation["responses"]["default"] = {
            "description": "An error",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorResponse"}}},
        }
        for response in operation["responses"].values():
            if "$ref" not in response:
                response.setdefault("description", "The reply")
        paths[path] = {method: operation}
    components = {}
    open_references = list(references(paths))
    while open_references:
        _, _, kind, name = open_references.pop().split("/")
        if name not in components.setdefault(kind, {}):
            components[kind][name] = without_annotations(document["components"][kind][name])
            open_references += references(components[kind][name])
    for response in components.get("responses", {}).values():
        response.setdefault("description", "An error")
    adapt_completions(paths, components["schemas"])
    json.dump(
        {
            "openapi": document["openapi"],
            "info": {
                "title": "The part of the OpenAI API that Carve serves",
                "version": document["info"]["version"],
                "license": document["info"]["license"],
                "x-source": "https://github.com/openai/openai-openapi",
                "x-licence": licence.split("\n"),
                "x-differences": DIFFERENCES,
            },
            "paths": paths,
            "components": {kind: dict(sorted(of_kind.items())) for kind, of_kind in sorted(components.items())},
        },
        sys.stdout,
        indent=1,
    )
    print()


def adapt_completions(paths, schemas):
    """Applies the differences of completions."""
    whole = schemas["CreateCompletionResponse"]
    choice = whole["properties"]["choices"]["items"]["properties"]
    logprobs = next(kind for kind in choice["logprobs"]["anyOf"] if kind["type"] == "object")["properties"]
    for name in ("token_logprobs", "top_logprobs"):
        logprobs[name]["items"] = nullable(logprobs[name]["items"])
    streamed = json.loads(json.dumps(whole))
    properties = streamed["properties"]
    properties["usage"] = nullable(properties["usage"])
    choice = properties["choices"]["items"]["properties"]
    choice["finish_reason"] = nullable(choice["finish_reason"])
    schemas["CreateCompletionStreamResponse"] = streamed
    paths["/completions"]["post"]["responses"]["200"]["content"]["text/event-stream"] = {
        "schema": {"$ref": "#/components/schemas/CreateCompletionStreamResponse"}
    }


if __name__ == "__main__":
    main()
