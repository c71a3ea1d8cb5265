import { Field, Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { operationsQuery } from "../../data/apis";
import { useLayout } from "../../ui/layout";
import { PolicyPage } from "../policy/PolicyPage";

export function ApiPolicy() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  const { operation: operationId } = useSearch({ from: "/shell/apis/$apiId/policy" });
  const layout = useLayout();
  const navigate = useNavigate();
  const { data: operations = [] } = useQuery(operationsQuery(apiId));
  const operation = operations.find(({ id }) => id === operationId);
  const what = operationId ? `operation ${operation?.displayName ?? operationId}` : "all operations";
  return (
    <div className={layout.stack}>
      <div className={layout.fields}>
        <Field label="Scope">
          <Select
            value={operationId ?? ""}
            onChange={(_, { value }) => navigate({ to: ".", search: { operation: value } })}
          >
            <option value="">All operations</option>
            {operations.map(({ id, method, urlTemplate, displayName }) => (
              <option key={id} value={id}>
                {method} {urlTemplate} · {displayName}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <PolicyPage key={operationId ?? ""} scope={{ apiId, operationId }} what={what} />
    </div>
  );
}
