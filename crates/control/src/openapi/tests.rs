//! Documents in, operations out, and back.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn read(text: &str) -> Result<Imported, Vec<String>> {
    import(text, Dialect::OpenApi3, RequiredQuery::Template)
}

const PETS: &str = r##"
openapi: 3.0.1
info: {title: Pets, version: '1.0', description: A pet shop, contact: {name: me}}
servers:
  - url: 'https://{host}/v1/'
    variables: {host: {default: pets.example}}
  - url: /relative
paths:
  /pets:
    parameters:
      - {name: tenant, in: header, schema: {type: string}}
    get:
      operationId: listPets
      summary: List pets
      parameters:
        - {name: limit, in: query, schema: {type: integer, default: 10, enum: [10, 20]}}
        - {name: kind, in: query, required: true, schema: {type: string}}
        - $ref: '#/components/parameters/Page'
      responses:
        200:
          description: a list
          headers: {x-total: {schema: {type: integer}}}
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}
              example: [{name: Rex}]
        default: {description: trouble}
    post:
      requestBody:
        description: the pet
        content:
          application/json: {schema: {$ref: '#/components/schemas/Pet'}}
      responses:
        '201': {description: created}
        4XX: {description: refused}
  /pets/{petId}:
    get:
      operationId: show Pet
      responses: {default: {description: a pet}}
components:
  parameters:
    Page: {name: page, in: query, schema: {type: [integer, 'null']}}
  schemas:
    Pet: {type: object, properties: {name: {type: string}}}
"##;

#[test]
fn an_openapi_document_becomes_operations_and_schemas() {
    insta::assert_snapshot!(shown(&read(PETS).expect("reads")));
}

#[test]
fn a_swagger_document_becomes_the_same_kind_of_operations() {
    let text = json!({
        "swagger": "2.0",
        "info": { "title": "Orders" },
        "host": "orders.example:8080", "basePath": "/api", "schemes": ["http", "https"],
        "consumes": ["application/json"],
        "paths": { "/orders": {
            "post": {
                "operationId": "create", "produces": ["application/json", "text/xml"],
                "parameters": [
                    { "name": "order", "in": "body", "description": "it", "schema": { "$ref": "#/definitions/Order" } },
                    { "$ref": "#/parameters/Trace" }
                ],
                "responses": { "201": { "description": "made", "schema": { "$ref": "#/definitions/Order" },
                    "examples": { "application/json": { "id": 1 } }, "headers": { "Location": { "type": "string" } } } }
            },
            "put": { "parameters": [
                    { "name": "file", "in": "formData", "type": "file", "required": true },
                    { "name": "note", "in": "formData", "type": "string" }],
                "responses": { "200": { "description": "" } } }
        } },
        "parameters": { "Trace": { "name": "x-trace", "in": "header", "type": "string", "enum": ["on", "off"] } },
        "definitions": { "Order": { "type": "object", "properties": { "line": { "$ref": "#/definitions/Line" } } },
                         "Line": { "type": "string" } }
    });
    insta::assert_snapshot!(shown(&read(&text.to_string()).expect("reads")));
}

fn shown(imported: &Imported) -> String {
    let shown = json!({
        "displayName": imported.display_name, "description": imported.description, "contact": imported.contact,
        "serviceUrl": imported.service_url, "protocols": imported.protocols, "components": imported.components,
        "operations": imported.operations.iter().map(|o| (o.name.clone(), o.properties.clone().into())).collect::<Map<_, _>>(),
    });
    serde_json::to_string_pretty(&shown).expect("JSON")
}

#[test]
fn required_query_parameters_go_where_asked() {
    let templates = |required_query| {
        let imported = import(PETS, Dialect::OpenApi3, required_query).expect("reads");
        imported
            .operations
            .iter()
            .map(|o| o.properties["urlTemplate"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(templates(RequiredQuery::Template), ["/pets?kind={kind}", "/pets", "/pets/{petId}"]);
    assert_eq!(templates(RequiredQuery::Query), ["/pets", "/pets", "/pets/{petId}"]);
}

#[test]
fn broken_documents_are_told_where() {
    let check = |text: &str, expected: &str| {
        let got = read(text).map_or_else(|findings| findings.join("; "), |_| "read".to_owned());
        assert!(got.starts_with(expected), "{got}\ninstead of\n{expected}");
    };
    check("{ not json", "the document is not JSON: ");
    check("a: [", "the document is not YAML: ");
    check("hello", "the document is not an object");
    check("{}", "the document does not say its version (openapi: 3.x)");
    check("openapi: 4.0.0", "OpenAPI 4.0.0 is not supported; 3.0 and 3.1 are");
    check("swagger: '1.2'", "Swagger 1.2 is not supported; 2.0 is");
    check("openapi: 3.0.0", "the document has no 'paths'");
    check("swagger: '2.0'", "the document has no 'paths'");
    check("{openapi: 3.0.0, paths: {a: {}}}", "paths.a: a path begins with '/'");
    check("{openapi: 3.0.0, paths: {/a: {get: 1}}}", "paths./a.get: an operation must be an object");
    check(
        "{openapi: 3.0.0, paths: {/a: {get: {operationId: x}, put: {operationId: x}}}}",
        "paths./a.put: the operationId 'x' is used twice",
    );
    check(
        "{openapi: 3.0.0, paths: {/a: {get: {parameters: [{in: query}]}}}}",
        "paths./a.get.parameters: a parameter has no name",
    );
    check(
        "{openapi: 3.0.0, paths: {/a: {get: {parameters: [{name: x, in: hat}]}}}}",
        "paths./a.get.parameters: the parameter 'x' must say in: path, query, header or cookie",
    );
    check(
        "{openapi: 3.0.0, paths: {/a: {get: {parameters: [{$ref: '#/nowhere'}]}}}}",
        "paths./a.get.parameters: the reference '#/nowhere' leads nowhere",
    );
    check(
        "{openapi: 3.0.0, paths: {/a: {get: {requestBody: {$ref: 'other.yaml#/x'}}}}}",
        "paths./a.get.requestBody: the reference 'other.yaml#/x' leads out of the document",
    );
    check("{openapi: 3.0.0, paths: {/a: {$ref: '#/paths/~1a'}}}", "paths./a: references run in a circle");
    check(
        "{openapi: 3.0.0, paths: {/a: {get: {responses: {ok: {}}}}}}",
        "paths./a.get.responses: 'ok' is not a status code",
    );
    check(&format!("{{openapi: 3.0.0, x: '{}'}}", "x".repeat(DOCUMENT_BYTES_MAX)), "the document is longer than 4 MB");
}

#[test]
fn an_export_says_how_to_call() {
    let imported = read(PETS).expect("reads");
    insta::assert_snapshot!("export", api(&imported).to_json());
    insta::assert_snapshot!("export_yaml", api(&imported).to_yaml());
    insta::assert_snapshot!("export_swagger", api(&imported).to_swagger());
}

fn api(imported: &Imported) -> Api<'_> {
    Api {
        title: imported.display_name.as_deref().unwrap_or_default(),
        description: imported.description.as_deref(),
        version: "1",
        servers: vec!["https://gw.example/pets".to_owned()],
        subscription_key: Some(("Ocp-Apim-Subscription-Key", "subscription-key")),
        operations: imported.operations.clone(),
        schemas: imported.components.iter().map(|components| json!({ "components": components })).collect(),
    }
}

#[test]
fn exports_come_back_as_they_went() {
    let first = read(PETS).expect("reads");
    for text in [api(&first).to_json(), api(&first).to_yaml()] {
        let again = read(&text).expect("reads its own export");
        assert_eq!(again.operations, first.operations);
        assert_eq!(again.components, first.components);
    }
    let swagger =
        import(&api(&first).to_swagger(), Dialect::Swagger2, RequiredQuery::Template).expect("reads its own export");
    let names = |imported: &Imported| {
        imported.operations.iter().map(|o| (o.name.clone(), o.properties["urlTemplate"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(names(&swagger), names(&first));
}

#[test]
fn schemas_of_parameters_and_headers_are_kept() {
    const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: t, version: "1" }
components: { schemas: { Size: { type: integer, maximum: 100 } } }
paths:
  /pets:
    get:
      operationId: list
      parameters:
        - { name: page-size, in: query, schema: { $ref: "#/components/schemas/Size" } }
        - { name: "filter[name]", in: query, schema: { type: string, maxLength: 3 } }
        - { name: sort, in: query, schema: { type: string, enum: [a, b], description: plain } }
      responses:
        "200": { description: "", headers: { X-Total: { schema: { type: integer, minimum: 0 } } } }
"##;
    let imported = read(DOCUMENT).expect("a document");
    let operation = &imported.operations[0];
    let named = |pointer: &str| {
        let list = Value::Object(operation.properties.clone()).pointer(pointer).cloned().unwrap_or_default();
        let names = list.as_array().into_iter().flatten();
        names.map(|one| one["typeName"].as_str().unwrap_or("-").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named("/request/queryParameters"), ["Size", "PetsGetRequestFilterName", "-"]);
    assert_eq!(named("/responses/0/headers"), ["PetsGet200ResponseXTotal"]);
    let components = imported.components.clone().expect("components");
    assert_eq!(components["schemas"]["PetsGetRequestFilterName"], json!({ "type": "string", "maxLength": 3 }));
    let schemas = vec![json!({ "components": components })];
    let exported = Api { title: "t", version: "1", operations: imported.operations, schemas, ..Api::default() };
    let again = export(&exported);
    assert_eq!(again.pointer("/paths/~1pets/get/parameters/0/schema/maximum"), Some(&json!(100)));
}

/// A parameter as the reader writes it.
fn parameter(name: String, ty: &str, required: bool, default: Option<String>, values: Vec<String>) -> Value {
    let mut out = json!({ "name": name, "type": ty });
    if let Some(default) = default {
        out["defaultValue"] = default.into();
    }
    out["required"] = required.into();
    out["values"] = values.into();
    out
}

prop_compose! {
    fn operation()(
        id in "[a-zA-Z][a-zA-Z0-9-]{0,20}",
        path in prop::collection::vec("[a-z0-9]{1,6}", 1..4),
        names in prop::collection::btree_set("[a-z]{1,5}", 0..3),
        query in prop::collection::btree_set("[a-z]{6,9}", 0..3),
        method in prop::sample::select(METHODS),
        summary in "[a-zA-Z][a-zA-Z ]{0,10}[a-zA-Z]",
        default in prop::option::of("[a-z]{0,5}"),
        values in prop::collection::vec("[a-z]{1,5}", 0..3),
        status in 200u16..599,
        description in "[ -~]{0,30}",
    ) -> Operation {
        let mut template: String = path.iter().map(|part| format!("/{part}")).collect();
        names.iter().for_each(|name| template.push_str(&format!("/{{{name}}}")));
        let template_parameters: Vec<Value> =
            names.into_iter().map(|name| parameter(name, "integer", true, None, Vec::new())).collect();
        let query: Vec<Value> =
            query.into_iter().map(|name| parameter(name, "string", false, default.clone(), values.clone())).collect();
        let representation = json!([{ "contentType": "application/json", "examples": { "default": { "value": { "a": 1 } } },
            "schemaId": SCHEMA_ID, "typeName": "Thing" }]);
        let Value::Object(properties) = json!({
            "displayName": summary, "method": method.to_uppercase(), "urlTemplate": template,
            "templateParameters": template_parameters,
            "request": { "queryParameters": query, "headers": [parameter("X-A".into(), "string", true, None, Vec::new())],
                         "representations": representation.clone() },
            "responses": [{ "statusCode": status, "description": description, "headers": [], "representations": representation }],
        }) else { unreachable!("an object") };
        Operation { name: id, properties }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn exported_operations_are_imported_again(operations in prop::collection::vec(operation(), 0..6)) {
        let mut seen = std::collections::HashSet::new();
        let operations: Vec<Operation> = operations.into_iter().filter(|o| {
            let address = format!("{} {}", o.properties["method"], o.properties["urlTemplate"]);
            seen.insert(o.name.to_lowercase()) && seen.insert(address)
        }).collect();
        let api = Api { title: "t", version: "1", operations: operations.clone(),
            schemas: vec![json!({ "components": { "schemas": { "Thing": { "type": "object" } } } })], ..Api::default() };
        let by_name = |mut operations: Vec<Operation>| { operations.sort_by(|a, b| a.name.cmp(&b.name)); operations };
        for text in [api.to_json(), api.to_yaml()] {
            let again = read(&text).expect("reads its own export");
            prop_assert_eq!(by_name(again.operations), by_name(operations.clone()));
        }
    }
}
