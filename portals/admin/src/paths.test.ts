import { expect, test } from "vitest";
import { paths } from "./paths";

test("every link", () => {
  const [gateway, api, operation] = ["london & co", "echo;rev=2", "get/fact"];
  expect({
    signIn: paths.signIn(),
    signInAgain: paths.signIn({ next: "/apis?q=a b", ended: "yes" }),
    gateways: paths.gateways(),
    addGateway: paths.addGateway(),
    gateway: paths.gateway(gateway),
    gatewayDeployment: paths.gatewayDeployment(gateway),
    gatewayNodes: paths.gatewayNodes(gateway),
    gatewayApis: paths.gatewayApis(gateway),
    apis: paths.apis(),
    addApi: paths.addApi(),
    api: paths.api(api),
    addOperation: paths.addOperation(api),
    operation: paths.operation(api, operation),
    apiPolicy: paths.apiPolicy(api),
    operationPolicy: paths.apiPolicy(api, { operation }),
    apiGateways: paths.apiGateways(api),
    apiTest: paths.apiTest(api, { operation, gateway }),
    apiSettings: paths.apiSettings(api),
    globalPolicy: paths.globalPolicy(),
  }).toMatchSnapshot();
});
