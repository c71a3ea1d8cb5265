//! What went wrong with a call, in the words of the management API.
//! Source: reference of the management API, chapter 4.
import type { components } from "./schema";

export type ErrorDetail = components["schemas"]["ErrorDetail"];

/** A finding inside a policy document; line and column count from 1. */
export interface PolicyFinding {
  /** The element it is about. */
  element: string;
  message: string;
  line: number;
  column: number;
}

export class ApiError extends Error {
  override readonly name = "ApiError";

  private constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | undefined,
    readonly details: ErrorDetail[],
  ) {
    super(message);
  }

  static from(status: number, body: { error?: ErrorDetail } | undefined): ApiError {
    const error = typeof body === "object" ? body?.error : undefined;
    return new ApiError(
      status,
      error?.code ?? `HTTP${status}`,
      error?.message ?? `The control plane answered with status ${status}.`,
      error?.hint,
      error?.details ?? [],
    );
  }

  static unreachable(cause: unknown): ApiError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ApiError(
      0,
      "Unreachable",
      `The control plane did not answer: ${reason}.`,
      "Check that it runs, and that this page was loaded from it.",
      [],
    );
  }

  /** The findings that tell where in the document they are; the others stay in `details`. */
  get policyFindings(): PolicyFinding[] {
    return this.details.flatMap((detail) => parseFinding(detail) ?? []);
  }
}

const FINDING = /^Error in element '([^']*)' on line (\d+), column (\d+): ([\s\S]*)$/;

export function parseFinding(detail: ErrorDetail): PolicyFinding | undefined {
  const match = FINDING.exec(detail.message ?? "");
  if (!match) return undefined;
  const [, element = "", line, column, message = ""] = match;
  return { element, line: Number(line), column: Number(column), message };
}
