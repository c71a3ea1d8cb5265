//! The names that completion offers after `<`. Source: reference/policies.md. Which of them fits where is the
//! server's to judge.

export const ELEMENTS = `
policies inbound backend outbound on-error base
authentication-basic authentication-certificate authentication-managed-identity azure-openai-semantic-cache-lookup
azure-openai-semantic-cache-store azure-openai-token-limit cache-lookup cache-lookup-value cache-remove-value
cache-store cache-store-value check-header choose when otherwise cors cross-domain emit-metric find-and-replace
forward-request get-authorization-context include-fragment invoke-dapr-binding ip-filter json-to-xml jsonp
limit-concurrency llm-content-safety llm-emit-token-metric llm-semantic-cache-lookup llm-semantic-cache-store
llm-token-limit log-to-eventhub mock-response proxy publish-to-dapr quota quota-by-key rate-limit rate-limit-by-key
redirect-content-urls retry return-response rewrite-uri send-one-way-request send-request set-backend-service set-body
set-header set-method set-query-parameter set-status set-url set-variable trace validate-azure-ad-token
validate-client-certificate validate-content validate-graphql-request validate-headers validate-jwt
validate-odata-request validate-parameters validate-status-code value wait xml-to-json xsl-transform
`
  .trim()
  .split(/\s+/);
