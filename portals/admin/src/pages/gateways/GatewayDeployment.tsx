import {
  Body1,
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Select,
  Tab,
  TabList,
} from "@fluentui/react-components";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { CodeBlock, Confirm, Loaded } from "@tollgate/portal-shared/ui";
import { type FormEvent, useState } from "react";
import { deploymentQuery, type KeyType, nodesQuery, regenerateKey } from "../../data/gateways";
import { useLayout } from "../../ui/layout";
import { NodeBadge } from "../../ui/NodeStatus";

const DAY_MS = 86_400_000;

/** What the control plane gives when nobody says, and the longest that Azure allows. */
const USUAL_DAYS = 30;

interface TokenChoice {
  keyType: KeyType;
  expiry: string;
}

export function GatewayDeployment() {
  const { gatewayId } = useParams({ from: "/shell/gateways/$gatewayId" });
  const layout = useLayout();
  const [token, setToken] = useState<TokenChoice>();
  const query = useQuery({ ...deploymentQuery(gatewayId, token), placeholderData: keepPreviousData });
  return (
    <div className={layout.stack}>
      <TokenForm busy={query.isFetching} onGenerate={setToken} />
      <Loaded query={query} what="the deployment">
        {(deployment) => (
          <>
            <MessageBar layout="multiline">
              <MessageBarBody>
                These texts hold a secret: a token signed with the {token?.keyType ?? "primary"} key, good until{" "}
                {new Date(deployment.expiry).toLocaleString()}. It is not kept anywhere; a node needs it to connect.
              </MessageBarBody>
            </MessageBar>
            <CodeBlock title="Settings: env.conf" text={deployment.envConf} fileName="env.conf" />
            <StartCommands gatewayId={gatewayId} {...deployment} />
          </>
        )}
      </Loaded>
      <FirstConnection gatewayId={gatewayId} />
      <KeyRotation gatewayId={gatewayId} />
    </div>
  );
}

function TokenForm({ busy, onGenerate }: { busy: boolean; onGenerate: (token: TokenChoice) => void }) {
  const layout = useLayout();
  const [keyType, setKeyType] = useState<KeyType>("primary");
  const [expiry, setExpiry] = useState(() => localTime(Date.now() + USUAL_DAYS * DAY_MS));
  const problem = expiryProblem(expiry);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onGenerate({ keyType, expiry: new Date(expiry).toISOString() });
  };
  return (
    <form className={layout.fields} onSubmit={submit}>
      <Field label="Signed with">
        <Select value={keyType} onChange={(_, { value }) => setKeyType(value as KeyType)}>
          <option value="primary">Primary key</option>
          <option value="secondary">Secondary key</option>
        </Select>
      </Field>
      <Field label="Token expires" validationMessage={problem}>
        <Input type="datetime-local" value={expiry} onChange={(_, { value }) => setExpiry(value)} />
      </Field>
      <Button type="submit" appearance="primary" disabled={busy || Boolean(problem)}>
        Generate token
      </Button>
    </form>
  );
}

type Start = "docker" | "command" | "kubernetes";

const STARTS: { id: Start; title: string; text: string; block: string }[] = [
  {
    id: "docker",
    title: "Docker",
    text: "Save env.conf in the folder where you run this.",
    block: "Container command",
  },
  {
    id: "command",
    title: "Command",
    text: "The same program without a container; env.conf is in the folder where you run it.",
    block: "Plain command",
  },
  {
    id: "kubernetes",
    title: "Kubernetes",
    text: "Save as a file and apply it with kubectl apply -f. It needs no env.conf.",
    block: "Kubernetes YAML",
  },
];

function StartCommands(props: { gatewayId: string } & Record<Start, string>) {
  const layout = useLayout();
  const [selected, setSelected] = useState<Start>("docker");
  const start = STARTS.find(({ id }) => id === selected);
  return (
    <div className={layout.stack}>
      <TabList
        selectedValue={selected}
        onTabSelect={(_, { value }) => setSelected(value as Start)}
        aria-label="Start a node with"
      >
        {STARTS.map(({ id, title }) => (
          <Tab key={id} value={id}>
            {title}
          </Tab>
        ))}
      </TabList>
      {start && (
        <div role="tabpanel" aria-label={start.title} className={layout.stack}>
          <Body1>{start.text}</Body1>
          <CodeBlock
            title={start.block}
            text={props[start.id]}
            fileName={start.id === "kubernetes" ? `${props.gatewayId}.yaml` : undefined}
          />
        </div>
      )}
    </div>
  );
}

/** Tells when a node that was just started has arrived. */
function FirstConnection({ gatewayId }: { gatewayId: string }) {
  const layout = useLayout();
  const { data: nodes } = useQuery(nodesQuery(gatewayId));
  return (
    <MessageBar layout="multiline" intent={nodes?.some((node) => node.status === "online") ? "success" : "info"}>
      <MessageBarBody>
        {nodes && nodes.length > 0 ? (
          <span className={layout.row}>
            {nodes.map((node) => (
              <span key={node.nodeId} className={layout.row}>
                <span className={layout.mono}>{node.nodeId}</span> <NodeBadge status={node.status} />
              </span>
            ))}
          </span>
        ) : (
          "Waiting for the first node to connect…"
        )}
      </MessageBarBody>
    </MessageBar>
  );
}

function KeyRotation({ gatewayId }: { gatewayId: string }) {
  const layout = useLayout();
  const [done, setDone] = useState<KeyType>();
  const regenerate = async (keyType: KeyType) => {
    await regenerateKey(gatewayId, keyType);
    setDone(keyType);
  };
  return (
    <section className={layout.stack} aria-label="Keys">
      <Body1 className={layout.quiet}>
        To change keys without an outage: generate a token with the other key, start the nodes anew with it, then
        regenerate the first key.
      </Body1>
      <div className={layout.row}>
        {(["primary", "secondary"] as const).map((keyType) => (
          <Confirm
            key={keyType}
            trigger={<Button>Regenerate {keyType} key</Button>}
            title={`Regenerate the ${keyType} key?`}
            text={`Every token signed with the ${keyType} key of ${gatewayId} fails at its next call. Nodes that use one keep serving, but can no longer fetch changes.`}
            action="Regenerate"
            onConfirm={() => regenerate(keyType)}
          />
        ))}
        {done && <output>The {done} key is new.</output>}
      </div>
    </section>
  );
}

/** What a `datetime-local` field shows: the local time to the minute. */
function localTime(time: number): string {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function expiryProblem(expiry: string): string | undefined {
  const left = Date.parse(expiry) - Date.now();
  if (Number.isNaN(left)) return "Give a date and a time.";
  return left <= 0 ? "This time has passed." : undefined;
}
