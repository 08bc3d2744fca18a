"""Runs Schemathesis against a server of Carve by OpenAI's document, and prints a table of statuses and failures. See openai.sh."""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys

DOCUMENT = pathlib.Path(__file__).parent.parent / "app/src/test/resources/openai/openapi.json"
CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
]


def document(model):
    """Returns the document in which requests name this model and ask for a few tokens, so that most are answered."""
    text = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schemas = text["components"]["schemas"]
    schemas["ModelIdsShared"] = {"enum": [model]}
    schemas["CreateCompletionRequest"]["properties"]["model"] = {"enum": [model]}
    fields = [schemas["CreateCompletionRequest"]["properties"]]
    fields += [part["properties"] for part in schemas["CreateChatCompletionRequest"]["allOf"] if "properties" in part]
    for properties in fields:
        for name in ("max_tokens", "max_completion_tokens"):
            if name in properties:
                properties[name] = {"type": "integer", "minimum": 1, "maximum": 8}
    # what Carve accepts though the document does not: an empty list asks for nothing
    for schema in ("StopConfiguration",):
        for kind in list(walk(schemas[schema])):
            kind.pop("minItems", None)
    return text


def walk(node):
    """Yields all objects of a schema."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for item in node:
            yield from walk(item)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--name", required=True)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    options = parser.parse_args()
    schema = options.work / "openapi.json"
    schema.write_text(json.dumps(document(options.name)), encoding="utf-8")
    report = options.work / "report.ndjson"
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", str(schema),
        "--url", options.address.rstrip("/") + "/v1",
        "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing",
        "--max-time", str(options.seconds),
        "--seed", str(options.seed),
        "--workers", "4",
        "--continue-on-failure",
        "--suppress-health-check", "all",
        "--report", "ndjson",
        "--report-ndjson-path", str(report),
        "--no-color",
    ]
    finished = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    (options.work / "schemathesis.txt").write_text(finished.stdout, encoding="utf-8")
    print(finished.stdout[-6000:], file=sys.stderr)
    statuses, failures = count(report)
    print("| endpoint | status | requests |\n| --- | ---: | ---: |")
    for (endpoint, status), number in sorted(statuses.items()):
        print(f"| {endpoint} | {status} | {number} |")
    print(f"\n{sum(statuses.values())} requests, {sum(failures.values())} failures: {dict(failures)}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
