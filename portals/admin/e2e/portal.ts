//! What every test starts from: a signed-in page that fails on errors of the browser.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

const TOKEN = process.env.TOLLGATE_TOKEN ?? "mock-token";

export const test = base.extend<{ page: Page }>({
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      // Failed calls are part of some stories; the pages tell of them.
      const expected = message.text().startsWith("Failed to load resource");
      if (message.type() === "error" && !expected) problems.push(message.text());
    });
    page.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      const outside =
        protocol.startsWith("http") && page.url().startsWith("http") && origin !== new URL(page.url()).origin;
      if (outside) problems.push(`called out to ${request.url()}`);
    });
    await use(page);
    expect(problems, "errors of the browser, the content security policy, or calls to elsewhere").toEqual([]);
  },
});

export { expect };

/** Opens a page as somebody who is signed in. */
export async function open(page: Page, path: string): Promise<void> {
  await page.addInitScript((token) => sessionStorage.setItem("tollgate.token", token), TOKEN);
  await page.goto(path);
}

export async function expectAccessible(page: Page): Promise<void> {
  // Tabster's focus sentinels are hidden from assistive technology and focusable on purpose.
  const { violations } = await new AxeBuilder({ page }).exclude("[data-tabster-dummy]").analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
  expect(found).toEqual([]);
}

/** A name that no other run has used: a live control plane keeps what tests make. */
export function unique(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}`;
}
