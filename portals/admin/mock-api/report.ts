//! A day of traffic that is the same at every look: every number follows from the minute.
import type { components } from "@tollgate/portal-shared/api";

type Row = components["schemas"]["ReportRecordContract"];

export function minutes(gatewayId: string, from: number, to: number, step: number): Row[] {
  const rows: Row[] = [];
  const stepMs = step * 60_000;
  for (let time = from; time < Math.min(to, Date.now()); time += stepMs) {
    const wave = Math.sin(time / 1.7e6) + Math.sin(time / 3.1e5) / 3 + gatewayId.length / 10;
    const success = Math.max(0, Math.round(step * (30 + 22 * wave)));
    if (success === 0) continue;
    const failed = time % (stepMs * 13) === 0 ? Math.ceil(success / 7) : 0;
    const blocked = time % (stepMs * 5) === 0 ? Math.ceil(success / 9) : 0;
    const backend = 18 + 6 * wave;
    rows.push({
      timestamp: new Date(time).toISOString(),
      interval: `PT${step}M`,
      callCountSuccess: success,
      callCountFailed: failed,
      callCountBlocked: blocked,
      callCountOther: 0,
      callCountTotal: success + failed + blocked,
      apiTimeAvg: backend + 1.2,
      apiTimeP50: backend + 0.9,
      apiTimeP95: backend * 1.6 + 1.4,
      apiTimeP99: backend * 2.4 + 2,
      serviceTimeAvg: backend,
      serviceTimeP50: backend - 0.2,
      serviceTimeP95: backend * 1.6,
      serviceTimeP99: backend * 2.4,
    });
  }
  return rows;
}
