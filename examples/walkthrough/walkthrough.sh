# The walk-through of Tollgate, step by step. `tollgate demo` prints it; every command can be pasted
# as it stands, in order, again and again. Set these first (the demo prints them filled in):
#   MANAGEMENT  the control plane          TOKEN    its admin token
#   MANAGED     the managed gateway        LONDON   the node "london"      BACKEND  an API to publish
#   DATA        folder of the control plane, TOLLGATE the binary           UP_FLAGS flags `up` was started with
API="$MANAGEMENT/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/Microsoft.ApiManagement/service/tollgate"
V='api-version=2024-05-01'
AUTH="Authorization: Bearer $TOKEN"
JSON='Content-Type: application/json'

#### 1 Create the gateway "london"
curl -sS -X PUT "$API/gateways/london?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"locationData":{"name":"London office"},"description":"The gateway in the London office"}}'
curl -sS "$API/gateways/london?$V" -H "$AUTH"

#### 2 Its deployment: settings file, container command, plain command; tokens and keys
curl -sS "$API/gateways/london/deployment?$V" -H "$AUTH"
curl -sS -X POST "$API/gateways/london/generateToken?$V" -H "$AUTH" -H "$JSON" -d "{\"keyType\":\"primary\",\"expiry\":\"$(date -u -d '+7 days' +%Y-%m-%dT%H:%M:%SZ)\"}"
curl -sS -X POST "$API/gateways/london/listKeys?$V" -H "$AUTH"
curl -sS -X POST "$API/gateways/london/regenerateKey?$V" -H "$AUTH" -H "$JSON" -d '{"keyType":"secondary"}'

#### 3 Start the node with that file (the demo runs one for you), then see it listed
# tollgate gateway --env-file env.conf --http-listen 127.0.0.1:8090
curl -sS "$API/gateways/london/nodes?$V" -H "$AUTH"

#### 4 Publish the cat-facts API: alive on the managed gateway, unknown in London until it is associated
curl -sS -X PUT "$API/apis/cat-facts?$V" -H "$AUTH" -H "$JSON" -d "{\"properties\":{\"displayName\":\"Cat Facts\",\"path\":\"cat-facts\",\"serviceUrl\":\"$BACKEND\",\"protocols\":[\"http\",\"https\"],\"subscriptionRequired\":false}}"
curl -sS -X PUT "$API/apis/cat-facts/operations/get-fact?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"displayName":"Get a fact","method":"GET","urlTemplate":"/fact"}}'
curl -sS -X DELETE "$API/gateways/london/apis/cat-facts?$V" -H "$AUTH"; sleep 1
curl -sS -i "$MANAGED/cat-facts/fact"
curl -sS -i "$LONDON/cat-facts/fact"
curl -sS -X PUT "$API/gateways/london/apis/cat-facts?$V" -H "$AUTH"; sleep 1
curl -sS -i "$LONDON/cat-facts/fact"

#### 5 A policy that treats the two differently: five calls a minute on the managed gateway, no limit in London
curl -sS -X PUT "$API/apis/cat-facts/operations/get-fact/policies/policy?$V" -H "$AUTH" -H "$JSON" -d @- <<'POLICY'
{"properties":{"format":"rawxml","value":"<policies>\n    <inbound>\n        <base />\n        <choose>\n            <when condition=\"@(context.Deployment.Gateway.Id == \"managed\" && context.Request.OriginalUrl.Host != \"london.example.com\")\">\n                <rate-limit-by-key calls=\"5\" renewal-period=\"60\" counter-key=\"@(context.Request.IpAddress)\" />\n            </when>\n        </choose>\n    </inbound>\n    <backend>\n        <base />\n    </backend>\n    <outbound>\n        <base />\n    </outbound>\n    <on-error>\n        <base />\n    </on-error>\n</policies>"}}
POLICY
sleep 1; for call in 1 2 3 4 5 6; do curl -sS -o /dev/null -w "managed: %{http_code}\n" "$MANAGED/cat-facts/fact"; done
curl -sS -i "$MANAGED/cat-facts/fact"
for call in 1 2 3 4 5 6; do curl -sS -o /dev/null -w "london: %{http_code}\n" "$LONDON/cat-facts/fact"; done

#### 6 Take the API off the managed gateway: it is now alive in London only; then bring it back
curl -sS -X DELETE "$API/gateways/managed/apis/cat-facts?$V" -H "$AUTH"; sleep 1
curl -sS -i "$MANAGED/cat-facts/fact"
curl -sS -i "$LONDON/cat-facts/fact"
curl -sS -X PUT "$API/gateways/managed/apis/cat-facts?$V" -H "$AUTH"

#### 7 A product and a subscription: 401 without a key, 401 with a wrong one, 200 with the right one
curl -sS -X PUT "$API/products/cats?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"displayName":"Cats","state":"published","subscriptionRequired":true}}'
curl -sS -X PUT "$API/products/cats/apis/cat-facts?$V" -H "$AUTH"
curl -sS -X PUT "$API/subscriptions/reader?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"scope":"/products/cats","displayName":"Reader","state":"active","primaryKey":"walk-through-primary-key","secondaryKey":"walk-through-secondary-key"}}'
curl -sS -X PATCH "$API/apis/cat-facts?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"subscriptionRequired":true}}'; sleep 1
curl -sS -i "$LONDON/cat-facts/fact"
curl -sS -i "$LONDON/cat-facts/fact" -H 'Ocp-Apim-Subscription-Key: wrong'
curl -sS -i "$LONDON/cat-facts/fact" -H 'Ocp-Apim-Subscription-Key: walk-through-primary-key'
curl -sS -i "$LONDON/cat-facts/fact?subscription-key=walk-through-secondary-key"
curl -sS -X PATCH "$API/subscriptions/reader?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"state":"suspended"}}'; sleep 1
curl -sS -i "$LONDON/cat-facts/fact" -H 'Ocp-Apim-Subscription-Key: walk-through-primary-key'
curl -sS -X PATCH "$API/subscriptions/reader?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"state":"active"}}'
curl -sS -X PATCH "$API/apis/cat-facts?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"subscriptionRequired":false}}'

#### 8 Named values, one of them secret and for London only: a policy that would need it elsewhere is refused
curl -sS -X PUT "$API/namedValues/greeting?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"displayName":"greeting","value":"hello from {gateway}"}}'
curl -sS -X PUT "$API/namedValues/london-secret?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"displayName":"london-secret","value":"s3cret","secret":true}}'
curl -sS -X PUT "$API/apis/cat-facts/policies/policy?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"format":"rawxml","value":"<policies><inbound><base /><set-header name=\"X-Greeting\" exists-action=\"override\"><value>{{greeting}}</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}}'
curl -sS -X PATCH "$API/namedValues/london-secret?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"gateways":["london"]}}'
curl -sS -i -X PUT "$API/apis/cat-facts/policies/policy?$V" -H "$AUTH" -H "$JSON" -d '{"properties":{"format":"rawxml","value":"<policies><inbound><base /><set-header name=\"X-Secret\" exists-action=\"override\"><value>{{london-secret}}</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"}}'

#### 9 Kill the control plane: London keeps serving. Start it again: London reconnects by itself
kill -9 "$(cat "$DATA/tollgate.pid")"; sleep 1
curl -sS -i "$LONDON/cat-facts/fact"
"$TOLLGATE" up --data "$DATA" $UP_FLAGS >>"$DATA/up.log" 2>&1 </dev/null &
sleep 3; curl -sS "$API/gateways/london/nodes?$V" -H "$AUTH"

#### 10 What the gateways saw, managed and self-hosted alike, from one store
SINCE=$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%S)
curl -sS -G "$API/reports/byApi" --data-urlencode "$V" --data-urlencode "\$filter=timestamp ge datetime'$SINCE'" -H "$AUTH"
curl -sS -G "$API/reports/byTime" --data-urlencode "$V" --data-urlencode 'interval=PT1M' --data-urlencode "\$filter=timestamp ge datetime'$SINCE' and gatewayId eq 'london'" -H "$AUTH"
curl -sS -G "$API/reports/byRequest" --data-urlencode "$V" --data-urlencode "\$filter=timestamp ge datetime'$SINCE' and apiRegion eq 'London office'" -H "$AUTH"

#### 11 The management portal: open it in a browser and sign in with the token
echo "$MANAGEMENT/"

#### 12 The node's log: what it read, loaded, applied, and one line a request (see the terminal it runs in)
curl -sS "$API/revisions?$V&\$top=5" -H "$AUTH"
