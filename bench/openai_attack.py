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
    """Returns the document in which requests name this model and ask for a few tokens, so that most are answered.

    It allows what Carve accepts beyond the document: no model or null where there is one only, no texts to stop at, and for logprobs
    of completions the value that chat completions have. Schemathesis takes the schema of a stream for that of its lines, not of the
    JSON in them, so streams have none here; carve.app.serve.OpenAiDocumentTest checks their chunks.
    """
    text = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schemas = text["components"]["schemas"]
    schemas["ModelIdsShared"] = {"enum": [model, None]}
    completions = schemas["CreateCompletionRequest"]["properties"]
    completions["model"] = {"enum": [model, None]}
    completions["logprobs"] = {"anyOf": [completions["logprobs"], {"const": False}]}
    schemas["StopConfiguration"] = {"anyOf": [schemas["StopConfiguration"], {"type": "array", "maxItems": 0}]}
    schemas["CreateCompletionRequest"]["required"].remove("model")
    for part in schemas["CreateChatCompletionRequest"]["allOf"]:
        if "model" in part.get("required", []):
            part["required"].remove("model")
    for path in ("/chat/completions", "/completions"):
        text["paths"][path]["post"]["responses"]["200"]["content"]["text/event-stream"] = {}
    fields = [completions]
    fields += [part["properties"] for part in schemas["CreateChatCompletionRequest"]["allOf"] if "properties" in part]
    for properties in fields:
        for name in ("max_tokens", "max_completion_tokens"):
            if name in properties:
                properties[name] = {"type": "integer", "minimum": 1, "maximum": 8}
    return text


def count(report):
    """Returns the numbers of requests by endpoint, kind of body and status, and the failures by check."""
    requests, failures = collections.Counter(), collections.Counter()
    for line in report.read_text(encoding="utf-8").splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for case, interaction in recorder.get("interactions", {}).items():
            mode = recorder["cases"][case]["value"]["meta"]["generation"]["mode"]
            status = (interaction.get("response") or {}).get("status_code", "none")
            requests[recorder["label"], "valid" if mode == "positive" else "invalid", status] += 1
        for checks in recorder.get("checks", {}).values():
            failures.update(check["name"] for check in checks if check["status"] != "success")
    return requests, failures


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
        "--continue-on-failure",
        "--suppress-health-check", "all",
        "--report", "ndjson",
        "--report-ndjson-path", str(report),
        "--no-color",
    ]
    finished = subprocess.run(command, cwd=options.work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    (options.work / "schemathesis.txt").write_text(finished.stdout, encoding="utf-8")
    print(finished.stdout[-6000:], file=sys.stderr)
    requests, failures = count(report)
    print("| endpoint | request | status | requests |\n| --- | --- | ---: | ---: |")
    for (endpoint, kind, status), number in sorted(requests.items()):
        print(f"| `{endpoint}` | {kind} | {status} | {number} |")
    lost = sum(number for (_, _, status), number in requests.items() if status == "none")
    print(f"\n{sum(requests.values())} requests, {lost} without a reply, {sum(failures.values())} failures", dict(failures) or "")
    sys.exit(1 if failures or lost or not requests else 0)


if __name__ == "__main__":
    main()
