#!/usr/bin/env python3
"""Sends the public example requests of the management API to a running control plane.

Every PUT, PATCH and POST of a resource type that this product has must be accepted as the official client sends it.
What an example refers to is made first; service names in it are rewritten to the service under test.

Environment
    TOLLGATE_ARM_EXAMPLES     required: the folder that holds example-requests.json
    TOLLGATE_MANAGEMENT_URL   required, e.g. http://127.0.0.1:7070
    TOLLGATE_TOKEN            required: the bearer token
    TOLLGATE_CA_FILE          optional: CA bundle for an https URL

Prints one line for each example that was refused; exit code 1 when one was refused that should not be.
"""
import json
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ.get("TOLLGATE_MANAGEMENT_URL", "").rstrip("/")
TOKEN = os.environ.get("TOLLGATE_TOKEN", "")
FOLDER = os.environ.get("TOLLGATE_ARM_EXAMPLES", "")
SERVICE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate"
    "/providers/Microsoft.ApiManagement/service/tollgate"
)
PFX_FILE = os.path.join(os.path.dirname(__file__), "../../crates/control/tests/data/gateway.pfx.base64")
ANY_SERVICE = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.ApiManagement/service/[^/\"?]+", re.I
)
TYPES = (
    "apis operations schemas tags releases diagnostics policies products apis groups users subscriptions "
    "namedValues backends certificates loggers gateways apiVersionSets policyFragments tagDescriptions caches"
).split()

# Types of the reference that a self-hosted control plane need not have: legacy, or meaningless outside the cloud.
NOT_HERE = {
    "apis/issues", "apis/issues/attachments", "apis/issues/comments", "issues", "privateEndpointConnections",
    "workspaces", "connectivityCheck", "networkstatus", "migrateToStv2", "applynetworkconfigurationupdates",
}
# Examples that are rightly refused, and why.
REFUSED = {
    "ApiManagementGatewayGenerateToken": "its expiry is in the past",
}

# How an answer tells that this product has no such type.
NOT_KNOWN = "The resource type"
POLICY = "<policies><inbound /><backend><forward-request /></backend><outbound /></policies>"
MINIMAL = {
    "apis": lambda name: {"displayName": name, "path": re.sub(r"\W", "-", name), "protocols": ["https"]},
    "apis/operations": lambda name: {"displayName": name, "method": "GET", "urlTemplate": "/" + name},
    "apis/schemas": lambda name: {"contentType": "application/vnd.oai.openapi.components+json", "document": {"components": {}}},
    "apis/releases": None,
    "apis/policies": lambda name: {"value": POLICY},
    "apis/operations/policies": lambda name: {"value": POLICY},
    "products/policies": lambda name: {"value": POLICY},
    "apis/diagnostics": lambda name: {"loggerId": "/loggers/conformance"},
    "diagnostics": lambda name: {"loggerId": "/loggers/conformance"},
    "apis/resolvers": lambda name: {"displayName": name, "path": "Query/x"},
    "products": lambda name: {"displayName": name},
    "subscriptions": lambda name: {"displayName": name, "scope": "/apis"},
    "users": lambda name: {"email": name + "@example.org", "firstName": "f", "lastName": "l"},
    "groups": lambda name: {"displayName": name},
    "tags": lambda name: {"displayName": name},
    "namedValues": lambda name: {
        "displayName": name, "value": "v", "secret": True,
        "keyVault": {"secretIdentifier": "https://vault.example/secrets/x"},
    },
    "backends": lambda name: {"url": "https://example.org", "protocol": "http"},
    "certificates": lambda name: {
        "data": pfx(), "password": "tollgate", "keyVault": {"secretIdentifier": "https://vault.example/secrets/x"},
    },
    "loggers": lambda name: {"loggerType": "azureEventHub", "credentials": {"name": "hub", "connectionString": "c"}},
    "gateways": lambda name: {"locationData": {"name": "here"}},
    "gateways/hostnameConfigurations": lambda name: {"hostname": "*", "certificateId": "/certificates/conformance"},
    "gateways/certificateAuthorities": lambda name: {"isTrusted": True},
    "apiVersionSets": lambda name: {"displayName": name, "versioningScheme": "Segment"},
    "policyFragments": lambda name: {"value": "<fragment />"},
    "caches": lambda name: {"connectionString": "c", "useFromLocation": "default"},
    "schemas": lambda name: {"schemaType": "json", "document": {}},
    "authorizationProviders": lambda name: {"displayName": name, "identityProvider": "aad"},
    "authorizationProviders/authorizations": lambda name: {"authorizationType": "OAuth2", "oauth2grantType": "ClientCredentials"},
    "authorizationServers": lambda name: {
        "displayName": name, "clientRegistrationEndpoint": "https://a", "authorizationEndpoint": "https://b",
        "grantTypes": ["implicit"], "clientId": "c",
    },
    "openidConnectProviders": lambda name: {"displayName": name, "metadataEndpoint": "https://m", "clientId": "c"},
    "identityProviders": lambda name: {"clientId": "c", "clientSecret": "s"},
    "contentTypes": lambda name: {"name": name, "schema": {}},
    "documentations": lambda name: {"title": name, "content": "c"},
    "portalRevisions": lambda name: {"description": "d"},
}


# Paths below the service that this run made, in order.
MADE = []


def pfx():
    with open(PFX_FILE, encoding="ascii") as file:
        return file.read()


def call(method, path, body=None, query="", headers=()):
    request = urllib.request.Request(f"{URL}{path}?api-version=2024-05-01{query}", method=method)
    request.add_header("Authorization", "Bearer " + TOKEN)
    for name, value in headers:
        request.add_header(name, value)
    data = None
    if body is not None:
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode()
    ca = os.environ.get("TOLLGATE_CA_FILE")
    context = ssl.create_default_context(cafile=ca) if URL.startswith("https") else None
    try:
        with urllib.request.urlopen(request, data, timeout=60, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def delete(below):
    call("DELETE", SERVICE + "/" + encode(below), query="&deleteRevisions=true&deleteSubscriptions=true&force=true")


def encode(path):
    return "/".join(urllib.parse.quote(segment, safe="") for segment in path.split("/"))


def type_of(segments):
    return "/".join(segments[0::2])


def ensure(below, done):
    """Makes the resource at a path below the service, and what is above it."""
    segments = below.strip("/").split("/")
    for end in range(2, len(segments) + 1, 2):
        path = "/".join(segments[:end])
        if path.lower() in done or "{" in path:
            continue
        done.add(path.lower())
        if call("HEAD", SERVICE + "/" + encode(path))[0] in (200, 204):
            continue
        kind, name = type_of(segments[:end]), segments[end - 1]
        if ";rev=" in name:
            call("PUT", SERVICE + "/" + encode(path), {"properties": {"sourceApiId": "/apis/" + name.split(";")[0]}})
            continue
        minimal = MINIMAL.get(kind, lambda name: {})
        if kind == "apis" and ";" not in name:
            minimal = MINIMAL["apis"]
        if minimal is None:
            body = {"apiId": "/apis/" + segments[1]}
        else:
            body = minimal(name)
        if kind.endswith("diagnostics"):
            ensure("loggers/conformance", done)
        if kind.startswith("gateways/host"):
            ensure("certificates/conformance", done)
        if kind == "gateways/certificateAuthorities":
            ensure("certificates/" + name, done)
        if kind in ("apis/tags", "apis/operations/tags", "products/tags"):
            ensure("tags/" + name, done)
        if kind in ("gateways/apis", "products/apis"):
            ensure("apis/" + name, done)
        if kind == "products/groups":
            ensure("groups/" + name, done)
        if kind == "groups/users":
            ensure("users/" + name, done)
        status, text = call("PUT", SERVICE + "/" + encode(path), {"properties": body})
        if status == 201:
            MADE.append(path)
        if status >= 300 and NOT_KNOWN not in text:
            print(f"  cannot prepare {path}: {status} {text[:200]}")


def references(value):
    """Ids of resources that a body names."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("document", "value", "schema"):
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)
    elif isinstance(value, str):
        below = value[len(SERVICE):] if value.lower().startswith(SERVICE.lower()) else value
        segments = below.strip("/").split("/")
        if below.startswith("/") and len(segments) % 2 == 0 and segments[0] in TYPES:
            yield below.strip("/")


def wanted(example):
    segments = example["below"].split("/") if example["below"] else []
    kind = type_of(segments)
    if not segments or kind in NOT_HERE or segments[0] in NOT_HERE or segments[0] == "workspaces":
        return False
    return example["method"] in ("PUT", "PATCH", "POST")


def main():
    if not (URL and TOKEN and FOLDER):
        sys.exit("set TOLLGATE_ARM_EXAMPLES, TOLLGATE_MANAGEMENT_URL and TOLLGATE_TOKEN")
    with open(os.path.join(FOLDER, "example-requests.json"), encoding="utf-8") as file:
        text = ANY_SERVICE.sub(SERVICE, file.read())
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    counts = {"accepted": 0, "refused": 0, "rightly refused": 0, "not in this product": 0, "needs the network": 0}
    done = set()
    for example in json.loads(text):
        path = urllib.parse.unquote(example["path"].split("?")[0])
        if not path.lower().startswith(SERVICE.lower()):
            continue
        example["below"] = path[len(SERVICE):].strip("/")
        if only not in example["example"] or not wanted(example):
            continue
        body = example.get("body")
        properties = (body or {}).get("properties") or {} if isinstance(body, dict) else {}
        if "-link" in str(properties.get("format", "")):
            counts["needs the network"] += 1
            continue
        if str(properties.get("data", "")).startswith("*"):
            properties.update(data=pfx(), password="tollgate")
        segments = example["below"].split("/")
        is_item = len(segments) % 2 == 0
        if example["method"] == "PUT" and is_item:
            if len(segments) > 2:
                ensure("/".join(segments[:-2]), done)
            # A link is made to something that exists.
            if type_of(segments) in ("gateways/apis", "products/apis"):
                ensure("apis/" + segments[-1], done)
            elif type_of(segments) == "products/groups":
                ensure("groups/" + segments[-1], done)
            elif type_of(segments) == "groups/users":
                ensure("users/" + segments[-1], done)
            elif segments[-2] == "tags" and len(segments) > 2:
                ensure("tags/" + segments[-1], done)
            elif type_of(segments) == "gateways/certificateAuthorities":
                ensure("certificates/" + segments[-1], done)
            done.add(example["below"].lower())
        elif is_item:
            ensure(example["below"], done)
        elif len(segments) > 2:
            ensure("/".join(segments[:len(segments) // 2 * 2]), done)
        for reference in references(body):
            ensure(reference, done)
        for logger in re.findall(r'logger-id="([^"@]+)"', str(properties.get("value", ""))):
            ensure("loggers/" + logger, done)
        for name in re.findall(r"\{\{([\w.-]+)\}\}", str(properties.get("value", ""))):
            # Where a policy names a value, a number fits most often.
            call("PUT", f"{SERVICE}/namedValues/{name}", {"properties": {"displayName": name, "value": "60"}})
            MADE.append("namedValues/" + name)
        query = "".join(
            f"&{name}={urllib.parse.quote(str(value))}" for name, value in (example.get("query") or {}).items() if name != "api-version"
        )
        status, answer = call(example["method"], SERVICE + "/" + encode(example["below"]), body, query)
        if status < 300:
            counts["accepted"] += 1
            if example["example"] in REFUSED:
                print(f"now accepted, take it off the list: {example['example']}")
        elif "MethodNotAllowedInPricingTier" in answer or NOT_KNOWN in answer:
            counts["not in this product"] += 1
            print(f"not here  {example['method']} {example['below']}  ({example['example']})")
        elif example["example"] in REFUSED:
            counts["rightly refused"] += 1
        else:
            counts["refused"] += 1
            print(f"REFUSED   {example['method']} {example['below']}  ({example['example']})\n          {status} {answer[:400]}")
        if example["method"] == "PUT" and len(segments) == 2:
            # Examples reuse paths and addresses that must be unique: each leaves a clean service behind.
            delete(example["below"])
            done.discard(example["below"].lower())
    for path in reversed(MADE):
        delete(path)
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    return 1 if counts["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
